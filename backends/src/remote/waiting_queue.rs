//! Decides which fold gets the next free worker.

use std::collections::VecDeque;

/// A fold's place in the queue.
pub(super) type Place = u64;

/// The folds that have no worker, in the order in which they asked for one.
#[derive(Debug, Default)]
pub(super) struct WaitingQueue {
    places: VecDeque<Place>,
    last: Place,
}

impl WaitingQueue {
    /// Joins the end of the queue.
    pub(super) fn join(&mut self) -> Place {
        self.last += 1;
        self.places.push_back(self.last);
        self.last
    }

    /// Leaves the queue, from any place in it.
    pub(super) fn leave(&mut self, place: Place) {
        self.places.retain(|&other| other != place);
    }

    /// Returns whether the next free worker goes to the fold at this place. A fold that has a worker has no place in
    /// the queue, and gets another worker only while no fold waits.
    pub(super) fn is_next(&self, place: Option<Place>) -> bool {
        self.places.front().copied() == place
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folds_are_served_in_the_order_in_which_they_joined() {
        let mut queue = WaitingQueue::default();
        assert!(queue.is_next(None));
        let [first, second, third] = [(); 3].map(|()| queue.join());
        let next =
            |queue: &WaitingQueue| [Some(first), Some(second), Some(third), None].map(|place| queue.is_next(place));
        assert_eq!(next(&queue), [true, false, false, false]);
        queue.leave(second);
        queue.leave(first);
        assert_eq!(next(&queue), [false, false, true, false]);
        queue.leave(third);
        assert_eq!(next(&queue), [false, false, false, true]);
    }
}
