/* The same trial division in C, to compare the kernel with:
 *
 *   gcc -O3 -march=native benches/trial_division.c -o target/trial_division
 *   time target/trial_division 5000000
 *   time target/release/primelanes count 5e6 --algorithm trial-division --backend single-thread
 */
#include <stdio.h>
#include <stdlib.h>

static int is_prime(unsigned long n)
{
    for (unsigned long divisor = 2; divisor * divisor <= n; divisor++)
        if (n % divisor == 0)
            return 0;
    return n >= 2;
}

int main(int argc, char **argv)
{
    if (argc != 2)
        return fprintf(stderr, "usage: %s LIMIT\n", argv[0]), 2;
    unsigned long limit = strtoul(argv[1], NULL, 10), primes = 0;
    for (unsigned long n = 0; n <= limit; n++)
        primes += is_prime(n);
    printf("%lu\n", primes);
}
