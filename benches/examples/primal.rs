//! Counts the primes up to a limit with the crate primal, for the comparison in `benches/peers`.

fn main() {
    let limit = std::env::args().nth(1).and_then(|limit| limit.parse().ok()).expect("a limit, as 1000000");
    println!("{}", primal::StreamingSieve::prime_pi(limit));
}
