//! Numbers and parameters out of bounds are refused with the value and the bound.

use super::cases::{LEAST, bounds};
use crate::algorithm::combinatorial::parameters::MAX_X;
use crate::algorithm::{Combinatorial, Parameters};
use crate::machine::Cpu;
use crate::{Control, Error, Plan, Query};

const X: u64 = 1_000_000_000;

/// Returns why the parameters are refused.
fn refusal(parameters: Parameters) -> String {
    let made = |x| Combinatorial::with(x, parameters, Cpu::best(), &Control::new());
    let Err(Error::BadTuning { reason }) = made(X.into()) else { panic!("{parameters:?} is not refused") };
    assert_eq!(parameters.check(X.into()), Err(Error::BadTuning { reason: reason.clone() }));
    let pinned = Query::up_to(X.into()).plan(Plan::Combinatorial(parameters));
    let planned = Plan::for_query(&pinned, std::num::NonZeroUsize::MIN);
    assert_eq!(planned, Err(Error::BadTuning { reason: reason.clone() }));
    reason
}

#[test]
fn a_bad_parameter_is_named_with_its_bounds() {
    let good = Parameters::for_x(X.into());
    assert_eq!(good.check(X.into()), Ok(()));
    let (least, most) = bounds(X);
    assert_eq!((least, most), (4096, 31_622));
    for y in [0, 1, least - 1, most + 1, u64::MAX] {
        assert_eq!(refusal(Parameters { y, ..good }), format!("y is {y}, not between 4096 and 31622"));
    }
    for segment in [0, 1, 511, 513, (1 << 22) + 512, u32::MAX] {
        let reason = format!("the segment is {segment} bytes, not a multiple of 512 from 512 up to 2^22");
        assert_eq!(refusal(Parameters { segment, ..good }), reason);
    }
    for window in [0, 1, 63, 65, (1 << 21) + 64, u32::MAX] {
        let reason = format!("the window is {window} bytes, not a multiple of 64 from 64 up to 2^21");
        assert_eq!(refusal(Parameters { window, ..good }), reason);
    }
    assert_eq!(refusal(Parameters { tiles: 0, ..good }), "there are 0 tiles");
}

#[test]
fn the_bounds_themselves_are_good() {
    let good = Parameters::for_x(X.into());
    for y in [4096, 31_622] {
        assert_eq!(Parameters { y, ..good }.check(X.into()), Ok(()));
    }
    for (segment, window, tiles) in [(512, 64, 1), (1 << 22, 1 << 21, u32::MAX)] {
        assert_eq!(Parameters { segment, window, tiles, ..good }.check(X.into()), Ok(()));
        assert_eq!(super::pi(X.into(), Parameters { segment, window, tiles, ..good }, Cpu::best()), 50_847_534);
    }
}

/// The windows begin after y, and hold no primes up to 149. If y is the root of x, nothing is looked up in them.
#[test]
fn a_y_below_the_first_prime_of_the_windows_is_refused() {
    let check = |x, y| Parameters { y, ..Parameters::for_x(x) }.check(x);
    for (x, least, most) in [(1024, 32, 32), (22_499, 149, 149), (22_500, 149, 150), (10_000_000, 676, 3162)] {
        assert_eq!((check(x, least), check(x, most)), (Ok(()), Ok(())), "{x}");
        for y in [least - 1, most + 1] {
            let reason = format!("y is {y}, not between {least} and {most}");
            assert_eq!(check(x, y), Err(Error::BadTuning { reason }), "{x}");
        }
    }
}

#[test]
fn a_number_out_of_bounds_is_refused() {
    let made = |x| Combinatorial::with(x, Parameters::for_x(x), Cpu::best(), &Control::new()).map(drop);
    for x in [0, 1, 2, 3, u128::from(LEAST) - 1] {
        let reason = format!("the combinatorial method needs x from 1024 on, not {x}");
        assert_eq!(made(x), Err(Error::BadTuning { reason }));
    }
    for end in [MAX_X + 1, u128::MAX] {
        let refused = Error::OutOfRange { algorithm: "combinatorial".into(), max: MAX_X, end };
        assert_eq!(made(end), Err(refused));
    }
}

/// The parameters that are chosen fit every number.
#[test]
fn the_parameters_for_a_number_pass_their_own_check() {
    for k in 10..80 {
        for x in [(1 << k) - 1, 1 << k, (1 << k) + 1, 10_u128.pow(k / 4 + 4), 3_u128.pow(k / 2 + 3)] {
            if (u128::from(LEAST)..=MAX_X).contains(&x) {
                assert_eq!(Parameters::for_x(x).check(x), Ok(()), "{x}");
            }
        }
    }
}
