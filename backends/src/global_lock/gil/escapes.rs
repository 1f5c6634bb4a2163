//! Ways in which an `Attached` could leave its scope, or be used while the lock is free. None of them compiles. A similar
//! example that compiles follows each, to show that nothing else is wrong with it.

/// Returned from its scope:
///
/// ```compile_fail
/// # let gil = primelanes_backends::Gil::new(std::time::Duration::ZERO);
/// let kept = gil.attach(|attached| attached);
/// ```
///
/// ```
/// # let gil = primelanes_backends::Gil::new(std::time::Duration::ZERO);
/// let kept = gil.attach(|attached| attached.check());
/// ```
///
/// Not even as part of another value:
///
/// ```compile_fail
/// # let gil = primelanes_backends::Gil::new(std::time::Duration::ZERO);
/// let later = gil.attach(|attached| async { attached.check() });
/// ```
///
/// ```
/// # let gil = primelanes_backends::Gil::new(std::time::Duration::ZERO);
/// let later = gil.attach(|_| async { gil.attach(|attached| attached.check()) });
/// ```
pub struct Returned;

/// Kept in a variable outside:
///
/// ```compile_fail
/// # let gil = primelanes_backends::Gil::new(std::time::Duration::ZERO);
/// let mut kept = None;
/// gil.attach(|attached| kept = Some(attached));
/// ```
///
/// ```
/// # let gil = primelanes_backends::Gil::new(std::time::Duration::ZERO);
/// let mut kept = None;
/// gil.attach(|attached| kept = Some(attached.check()));
/// ```
///
/// In a thread-local variable, for a lock that lives forever:
///
/// ```compile_fail
/// # use primelanes_backends::{Attached, Gil};
/// # use std::{cell::RefCell, time::Duration};
/// static GIL: Gil = Gil::new(Duration::ZERO);
/// thread_local!(static KEPT: RefCell<Option<&'static mut Attached<'static>>> = RefCell::default());
/// GIL.attach(|attached| KEPT.set(Some(attached)));
/// ```
///
/// ```
/// # use primelanes_backends::{Attached, Gil};
/// # use std::{cell::RefCell, time::Duration};
/// static GIL: Gil = Gil::new(Duration::ZERO);
/// thread_local!(static KEPT: RefCell<Option<&'static mut Attached<'static>>> = RefCell::default());
/// GIL.attach(|_| KEPT.set(None));
/// ```
///
/// Or in the place of another token:
///
/// ```compile_fail
/// # let [one, other] = [(); 2].map(|()| primelanes_backends::Gil::new(std::time::Duration::ZERO));
/// one.attach(|outer| other.attach(|inner| std::mem::swap(outer, inner)));
/// ```
///
/// ```
/// # let [one, other] = [(); 2].map(|()| primelanes_backends::Gil::new(std::time::Duration::ZERO));
/// one.attach(|outer| other.attach(|inner| std::mem::swap(&mut outer.check(), &mut inner.check())));
/// ```
pub struct Kept;

/// Sent to another thread, by value or by reference:
///
/// ```compile_fail
/// # let gil = primelanes_backends::Gil::new(std::time::Duration::ZERO);
/// gil.attach(|attached| std::thread::scope(|scope| scope.spawn(move || attached.detach(|| ())).join()));
/// ```
///
/// ```compile_fail
/// # let gil = primelanes_backends::Gil::new(std::time::Duration::ZERO);
/// gil.attach(|attached| std::thread::scope(|scope| scope.spawn(|| attached.check()).join()));
/// ```
///
/// ```
/// # let gil = primelanes_backends::Gil::new(std::time::Duration::ZERO);
/// gil.attach(|attached| std::thread::scope(|scope| scope.spawn(|| ()).join().map(|()| attached.check())));
/// ```
pub struct Sent;

/// Used while it is detached:
///
/// ```compile_fail
/// # let gil = primelanes_backends::Gil::new(std::time::Duration::ZERO);
/// gil.attach(|attached| attached.detach(|| attached.check()));
/// ```
///
/// ```
/// # let gil = primelanes_backends::Gil::new(std::time::Duration::ZERO);
/// gil.attach(|attached| attached.detach(|| gil.attach(|again| again.check())));
/// ```
///
/// Or replaced by a token that was made while it was detached:
///
/// ```compile_fail
/// # let gil = primelanes_backends::Gil::new(std::time::Duration::ZERO);
/// gil.attach(|attached| {
///     let inner = attached.detach(|| gil.attach(|inner| inner));
///     drop(attached);
/// });
/// ```
///
/// ```
/// # let gil = primelanes_backends::Gil::new(std::time::Duration::ZERO);
/// gil.attach(|attached| {
///     let inner = attached.detach(|| gil.attach(|inner| inner.check()));
///     drop(attached);
/// });
/// ```
pub struct UsedWhileDetached;
