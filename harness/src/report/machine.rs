//! What the report says about the machine.

use jiff::Timestamp;
use sysinfo::{CpuRefreshKind, RefreshKind, System};

use super::data::About;

/// Describes this machine and this moment.
pub(super) fn about(quick: bool) -> About {
    let now = Timestamp::now();
    let known = RefreshKind::nothing().with_cpu(CpuRefreshKind::nothing());
    let machine = System::new_with_specifics(known).ok();
    let brand = machine.as_ref().and_then(|machine| Some(machine.cpus().first()?.brand().trim().to_owned()));
    About {
        version: env!("CARGO_PKG_VERSION"),
        date: now.strftime("%-d %B %Y, %H:%M UTC").to_string(),
        date_iso: now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        processor: brand.filter(|brand| !brand.is_empty()).unwrap_or_else(|| "an unknown processor".to_owned()),
        system: System::long_os_version().unwrap_or_else(|_| std::env::consts::OS.to_owned()),
        cores: primelanes_backends::available_workers().get(),
        quick,
    }
}
