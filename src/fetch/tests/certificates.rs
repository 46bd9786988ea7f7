//! What works on a machine that has no CA certificates?

use std::process::Command;

use super::super::FetchError;
use super::server::{Reply, Server};
use super::{body, error, get};

/// The environment of this process is everybody's, so the question is asked in one of its own.
#[test]
fn without_certificates_http_works_and_https_says_what_to_install() {
    let empty = tempfile::tempdir().unwrap();
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--ignored", "--nocapture"])
        .arg("fetch::tests::certificates::on_a_machine_without_certificates")
        .env("SSL_CERT_FILE", empty.path().join("none.pem"))
        .env("SSL_CERT_DIR", empty.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}{complained}");
    assert!(said.contains("1 passed"), "{said}");
}

#[tokio::test]
#[ignore = "only true without certificates: the test above sees to that"]
async fn on_a_machine_without_certificates() {
    let server = Server::start(|_| Reply::new("200 OK", b"here")).await;
    assert_eq!(body(get(&server.url("/")).await).bytes, b"here");
    let error = error(get(&server.url("/").replace("http:", "https:")).await);
    assert!(matches!(error, FetchError::Tls { .. }), "{error:?}");
    assert!(error.to_string().contains("ca-certificates"), "{error}");
}
