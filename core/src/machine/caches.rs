//! The sizes of the data caches.

use std::fs;
use std::path::Path;
use std::sync::OnceLock;

/// The sizes of the first two levels of data cache that one core has, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Caches {
    /// The first level.
    pub l1: u32,
    /// The second level. If several hardware threads share it, this is the part of one.
    pub l2: u32,
}

impl Caches {
    /// Usual sizes. Most machines of the last ten years have these, or more.
    pub const USUAL: Self = Self { l1: 32 << 10, l2: 512 << 10 };

    /// Returns the caches of this machine, as Linux reports them in sysfs, or [`USUAL`](Self::USUAL) if the system does
    /// not report them. The sizes are read once per process.
    #[must_use]
    pub fn detect() -> Self {
        static DETECTED: OnceLock<Caches> = OnceLock::new();
        *DETECTED.get_or_init(|| Self::read(Path::new("/sys/devices/system/cpu/cpu0/cache")))
    }

    fn read(folder: &Path) -> Self {
        let mut found = Self::USUAL;
        for index in fs::read_dir(folder).into_iter().flatten().flatten() {
            let Some((level, bytes)) = Self::entry(&index.path()) else { continue };
            match level {
                1 => found.l1 = bytes,
                2 => found.l2 = bytes,
                _ => {}
            }
        }
        found.clamped()
    }

    /// Sizes that a sieve can be tuned to, whatever the system or a user says.
    pub(crate) fn clamped(self) -> Self {
        let l1 = self.l1.clamp(8 << 10, 256 << 10);
        Self { l1, l2: self.l2.clamp(64 << 10, 16 << 20).max(l1) }
    }

    /// Returns the level of a cache and its size in bytes. The size of a second level is divided by the number of hardware
    /// threads that share it. `None` if the cache is of a third level or higher, or if it holds no data.
    fn entry(index: &Path) -> Option<(u32, u32)> {
        let read = |name| fs::read_to_string(index.join(name)).ok().map(|text| text.trim().to_owned());
        // Each file that is not read makes a command start about 5 us sooner.
        let level = read("level")?.parse().ok()?;
        if level > 2 || read("type")? == "Instruction" {
            return None;
        }
        let kibibytes: u32 = read("size")?.strip_suffix('K')?.parse().ok()?;
        // The two hardware threads of a core share its first level, but they seldom sieve at the same time. A second
        // level may also be shared by several cores.
        let sharers = if level == 1 { 1 } else { read("shared_cpu_list").map_or(1, |list| cpus(&list)) };
        Some((level, kibibytes.checked_mul(1 << 10)? / sharers))
    }
}

/// Returns the number of CPUs in a list such as `0-3,8`; 1 if the text is not a list.
fn cpus(list: &str) -> u32 {
    let count = |part: &str| {
        let (from, to) = part.split_once('-').unwrap_or((part, part));
        Some((to.parse::<u32>().ok()?.checked_sub(from.parse().ok()?)?).saturating_add(1))
    };
    list.split(',').map(count).sum::<Option<u32>>().unwrap_or(1).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_cpus_are_counted() {
        let lists = [("0", 1), ("0-3", 4), ("0,4", 2), ("0-1,8-11", 6), ("", 1), ("x-3", 1), ("3-1", 1)];
        for (list, count) in lists {
            assert_eq!(cpus(list), count, "'{list}'");
        }
    }

    #[test]
    fn sizes_are_read_from_a_folder_as_in_sysfs() {
        let folder = std::env::temp_dir().join(format!("primelanes-caches-{}", std::process::id()));
        for (index, texts) in [
            ("index0", ["1", "Data", "48K", "0"]),
            ("index1", ["1", "Instruction", "64K", "0"]),
            ("index2", ["2", "Unified", "2048K", "0-1"]),
            ("index3", ["3", "Unified", "32768K", "0-15"]),
            ("uevent", ["2", "Unified", "lots", "0"]),
        ] {
            fs::create_dir_all(folder.join(index)).unwrap();
            for (name, text) in ["level", "type", "size", "shared_cpu_list"].into_iter().zip(texts) {
                fs::write(folder.join(index).join(name), format!("{text}\n")).unwrap();
            }
        }
        let read = Caches::read(&folder);
        fs::remove_dir_all(&folder).unwrap();
        assert_eq!(read, Caches { l1: 48 << 10, l2: 1 << 20 });
        assert_eq!(Caches::read(&folder), Caches::USUAL, "a folder that does not exist");
    }
}
