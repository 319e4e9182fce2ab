//! A folder in which the real program runs: configuration, brand files, data, what it printed.
//!
//! The program is the built one, linked into a place of its own, so that a build meanwhile does not change it.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail loudly")]

use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use rusqlite::Connection;
use tokio::time::{Instant, sleep};

/// The program under test.
fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let built = Path::new(env!("CARGO_BIN_EXE_vigie"));
        let place = Path::new(env!("CARGO_TARGET_TMPDIR"));
        // Links of runs that are over would keep every old build on disk.
        for entry in place.read_dir().unwrap().map(Result::unwrap) {
            let name = entry.file_name().into_string().unwrap_or_default();
            let pid = name.strip_prefix("vigie-").and_then(|pid| pid.parse::<u32>().ok());
            let over =
                |pid: u32| Path::new("/proc/self").exists() && !Path::new(&format!("/proc/{pid}")).exists();
            if pid.is_some_and(over) {
                drop(std::fs::remove_file(entry.path()));
            }
        }
        let own = place.join(format!("vigie-{}", std::process::id()));
        drop(std::fs::remove_file(&own));
        match std::fs::hard_link(built, &own) {
            Ok(()) => own,
            Err(_) => built.to_owned(),
        }
    })
}

/// A folder of its own, which goes with the test when it went well.
pub(crate) struct Home {
    pub(crate) folder: PathBuf,
}

impl Home {
    /// An empty folder.
    pub(crate) fn new(name: &str) -> Home {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("home-{name}-{}-{number}", std::process::id());
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::create_dir_all(&folder).unwrap();
        Home { folder }
    }

    /// A folder with one invented brand and this configuration.
    pub(crate) fn configured(name: &str, config: &str) -> Home {
        let home = Home::new(name);
        home.write(
            "keywords/molivelle.toml",
            "brand = \"Molivelle\"\nours = true\nkeywords = [\"Molivelle\"]\n",
        );
        home.write("vigie.toml", config);
        home
    }

    /// A folder with the shipped brand files and the shipped capture.
    pub(crate) fn shipped(name: &str) -> Home {
        let home = Home::new(name);
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        for folder in ["keywords", "examples"] {
            for entry in std::fs::read_dir(here.join(folder)).unwrap() {
                let entry = entry.unwrap();
                let text = std::fs::read(entry.path()).unwrap();
                home.write(&format!("{folder}/{}", entry.file_name().to_str().unwrap()), text);
            }
        }
        home
    }

    pub(crate) fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    /// The command, in this folder and with nothing of the environment that it reads.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(program());
        command.args(args).current_dir(&self.folder).stdin(Stdio::null()).env("LANG", "C.UTF-8");
        for name in ["VIGIE_CONFIG", "VIGIE_WEB_TOKEN", "RUST_LOG", "LC_ALL", "LC_MESSAGES", "TZ"] {
            command.env_remove(name);
        }
        command
    }

    /// Runs it to its end: exit code, standard output, standard error.
    pub(crate) fn run(&self, args: &[&str]) -> (i32, String, String) {
        let output = self.command(args).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap_or(-1), text(output.stdout), text(output.stderr))
    }

    pub(crate) fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.folder.join(path)).unwrap()
    }

    /// Starts it in the background.
    pub(crate) fn start(&self, args: &[&str]) -> Daemon {
        self.start_with(args, |_| {})
    }

    /// The same, with something more in its environment.
    pub(crate) fn start_with(&self, args: &[&str], prepare: impl FnOnce(&mut Command)) -> Daemon {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let log = self.folder.join(format!("said-{}", NUMBER.fetch_add(1, Ordering::Relaxed)));
        let file = std::fs::File::create(&log).unwrap();
        let mut command = self.command(args);
        prepare(&mut command);
        let child = command.stdout(file.try_clone().unwrap()).stderr(file).spawn().unwrap();
        Daemon { child, log }
    }

    /// The database, to look into.
    pub(crate) fn database(&self) -> Connection {
        let connection = Connection::open(self.folder.join("vigie-data/vigie.db")).unwrap();
        connection.busy_timeout(Duration::from_secs(10)).unwrap();
        connection
    }

    /// One whole number out of the database; 0 while there is none.
    pub(crate) fn number(&self, sql: &str) -> i64 {
        if !self.folder.join("vigie-data/vigie.db").is_file() {
            return 0;
        }
        self.database().query_row(sql, [], |row| row.get(0)).unwrap_or(0)
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            // Left-overs of a test harm nobody.
            drop(std::fs::remove_dir_all(&self.folder));
        }
    }
}

/// The program running in the background; killed with the test.
pub(crate) struct Daemon {
    child: Child,
    log: PathBuf,
}

impl Daemon {
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it printed so far, both outputs.
    pub(crate) fn said(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    /// Waits until it has printed all of these; panics after 20 s, or when it ends before.
    pub(crate) async fn says(&mut self, all: &[&str]) -> String {
        let start = Instant::now();
        loop {
            let ended = self.ended().is_some();
            let said = self.said();
            if all.iter().all(|text| said.contains(text)) {
                return said;
            }
            assert!(!ended && start.elapsed() < Duration::from_secs(20), "waited for {all:?}:\n{said}");
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// Asks it to stop.
    pub(crate) fn terminate(&self) {
        let status = Command::new("kill").args(["-TERM", &self.pid().to_string()]).status().unwrap();
        assert!(status.success());
    }

    /// Asks it to stop, once it is at work, and gives its exit code and how long it took.
    pub(crate) async fn stop(mut self) -> (i32, Duration) {
        until("a source to be followed", || self.said().contains("source ")).await;
        let start = Instant::now();
        self.terminate();
        loop {
            if let Some(status) = self.ended() {
                return (status.code().unwrap_or(-1), start.elapsed());
            }
            assert!(start.elapsed() < Duration::from_secs(30), "did not stop:\n{}", self.said());
            sleep(Duration::from_millis(10)).await;
        }
    }

    /// Ends it as a power cut would: no last words.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Whether it has ended by itself.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().unwrap()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Waits until it is so; panics after 20 s.
pub(crate) async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        if start.elapsed() > Duration::from_secs(20) {
            panic!("waited for {what}");
        }
        sleep(Duration::from_millis(20)).await;
    }
}
