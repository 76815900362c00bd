/* The loops that a C programmer writes: exp, log and erfc of the C library, the compiler at its boldest.
   gcc -O3 -march=native -ffast-math turns them into calls of glibc's vector library. */
#include <math.h>

static inline double price(double forward, double strike, double log_moneyness, double total_vol, double side)
{
    double d1 = log_moneyness / total_vol + 0.5 * total_vol;
    double d2 = d1 - total_vol;
    return side * (forward * 0.5 * erfc(-side * d1 * M_SQRT1_2) - strike * 0.5 * erfc(-side * d2 * M_SQRT1_2));
}

/* One logarithm for every cell. */
void black76_row(long n, double factor, const double *restrict forward, const double *restrict strike,
                 const double *restrict total_vol, const double *restrict side, double *restrict out)
{
    for (long i = 0; i < n; i++) {
        double moved = forward[i] * factor;
        out[i] = price(moved, strike[i], log(moved / strike[i]), total_vol[i], side[i]);
    }
}

/* Logarithms taken once for each option and once for each scenario, as our own grid does. */
void black76_row_logs_once(long n, double factor, double log_factor, const double *restrict log_moneyness,
                           const double *restrict forward, const double *restrict strike,
                           const double *restrict total_vol, const double *restrict side, double *restrict out)
{
    for (long i = 0; i < n; i++)
        out[i] = price(forward[i] * factor, strike[i], log_moneyness[i] + log_factor, total_vol[i], side[i]);
}
