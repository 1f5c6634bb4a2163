/* The C++ interface of primesieve, for `benches/peers --primes`, which compiles this:
 *
 *   primesieve_timed iterate START STOP     sums the primes of a range
 *   primesieve_timed generate START STOP    puts the primes of a range into a vector
 *
 * Prints the seconds that this takes in the process, and the answer.
 */
#include <chrono>
#include <cstdint>
#include <iostream>
#include <string>
#include <vector>

#include <primesieve.hpp>

int main(int argc, char **argv)
{
    const std::string task = argc == 4 ? argv[1] : "";
    if (task != "iterate" && task != "generate")
        return std::cerr << "usage: primesieve_timed iterate|generate START STOP\n", 2;
    const uint64_t start = std::stoull(argv[2]), stop = std::stoull(argv[3]);
    const auto clock = std::chrono::steady_clock::now();
    const auto seconds = [&] {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - clock).count();
    };
    if (task == "iterate") {
        uint64_t sum = 0;
        primesieve::iterator primes(start, stop);
        for (uint64_t prime = primes.next_prime(); prime <= stop; prime = primes.next_prime())
            sum += prime;
        std::cout << seconds() << ' ' << sum << '\n';
    } else {
        std::vector<uint64_t> primes;
        primesieve::generate_primes(start, stop, &primes);
        std::cout << seconds() << ' ' << primes.size() << ' ' << primes.back() << '\n';
    }
}
