//! The command `primelanes`.

fn main() -> std::process::ExitCode {
    primelanes_harness::command::main()
}
