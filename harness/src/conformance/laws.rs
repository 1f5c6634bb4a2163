//! The checks of the laws: one function per law, in files by subject.
//!
//! Where possible, the checks look only at answers, so that they also apply to tiles that run in other processes.

mod cancellation;
mod counts;
mod lists;
mod panics;
mod progress;
mod recording;
mod tiles;

use primelanes_backends::Backend;

use super::Law;
use super::broken::Judged;
use super::subject::Subject;

/// Checks that the law holds for the backend under test.
pub(super) fn check<B: Backend>(law: Law, subject: &Subject<'_, B>) -> Judged {
    match law {
        Law::EachTileOnce => tiles::each_tile_once(subject),
        Law::FoldOrder => tiles::fold_order(subject),
        Law::AnyCut => tiles::any_cut(subject),
        Law::AnyWorkers => tiles::any_workers(subject),
        Law::NoTiles => tiles::no_tiles(subject),
        Law::OneScratch => tiles::one_scratch(subject),
        Law::AtMostWorkers => tiles::at_most_workers(subject),
        Law::Agreement => counts::agreement(subject),
        Law::Seams => counts::seams(subject),
        Law::Additivity => counts::additivity(subject),
        Law::NthPrime => counts::nth_prime(subject),
        Law::List => lists::list(subject),
        Law::Reuse => counts::reuse(subject),
        Law::CountsAtOnce => counts::counts_at_once(subject),
        Law::InsideRayon => counts::inside_rayon(subject),
        Law::CancelBefore => cancellation::before(subject),
        Law::CancelDuring => cancellation::during(subject),
        Law::CancelAfter => cancellation::after(subject),
        Law::CancelLatency => cancellation::latency(subject),
        Law::Progress => progress::only_grows(subject),
        Law::ObserverEnds => progress::observer_ends(subject),
        Law::Recording => recording::recording(subject),
        Law::TilePanics => panics::in_a_tile(subject),
        Law::ScratchPanics => panics::in_a_scratch_constructor(subject),
        Law::ObserverPanics => panics::in_an_observer(subject),
    }
}
