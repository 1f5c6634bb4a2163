//! Prints how many primes there are up to a limit, by the crate primal. `benches/peers` compares with it.

fn main() {
    let limit = std::env::args().nth(1).and_then(|limit| limit.parse().ok()).expect("a limit, such as 1000000");
    println!("{}", primelanes_harness::oracle::prime_pi(limit));
}
