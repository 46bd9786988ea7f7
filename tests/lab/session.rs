//! How does a test get a session bus of its own?

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use tempfile::TempDir;

use super::tools::tool;

/// A real `dbus-daemon` that only this test knows. It starts no services, so nothing but what the
/// test puts there answers. Ends with its owner.
pub struct SessionBus {
    daemon: Child,
    address: String,
    _dir: TempDir,
}

impl SessionBus {
    pub fn start() -> Self {
        let dir = TempDir::with_prefix("newsbell-bus-").expect("temporary directory");
        let config = dir.path().join("bus.conf");
        fs::write(
            &config,
            format!(
                r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path={}/bus</listen>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"#,
                dir.path().display()
            ),
        )
        .expect("bus.conf");
        let mut daemon = tool("dbus-daemon")
            .arg(format!("--config-file={}", config.display()))
            .args(["--nofork", "--nopidfile", "--print-address=1"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("dbus-daemon starts");
        let mut address = String::new();
        BufReader::new(daemon.stdout.take().expect("piped"))
            .read_line(&mut address)
            .expect("dbus-daemon says its address");
        let address = address.trim().to_owned();
        assert!(!address.is_empty(), "dbus-daemon ended before it listened");
        SessionBus {
            daemon,
            address,
            _dir: dir,
        }
    }

    /// What `DBUS_SESSION_BUS_ADDRESS` holds in this session.
    pub fn address(&self) -> &str {
        &self.address
    }
}

impl Drop for SessionBus {
    fn drop(&mut self) {
        // Ended already is as good.
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
    }
}
