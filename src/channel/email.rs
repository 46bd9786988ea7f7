//! How does an alert reach a mailbox?
//!
//! By SMTP, to a server that takes mail for sending (RFC 6409). The mail is of plain text and of HTML that
//! say the same; its Message-ID is the alert's id, so that a re-send is known for one.

use std::time::{Duration, SystemTime};

use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};

use super::text::{cut, one_line, squeezed};
use super::{Receipt, SendError};
use crate::model::Urgency;
use crate::model::channel::{self, Security};
use crate::render::wording::Said;

mod html;
mod layout;
mod plain;

/// Characters of the subject.
const SUBJECT: usize = 200;

type Transport = AsyncSmtpTransport<Tokio1Executor>;

/// What was wrong with a mail server. Each text is one line and says what to do.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// No connection, or one that broke.
    #[error("{server} cannot be reached: {detail}")]
    Unreachable {
        /// Whom.
        server: String,
        /// What the system or the TLS library says.
        detail: String,
    },
    /// Too slow.
    #[error(
        "{server} was not done within {} s: if this goes on, give it more by `timeout`",
        waited.as_secs_f32()
    )]
    Silent {
        /// Who.
        server: String,
        /// How long it was waited for.
        waited: Duration,
    },
    /// A reply that is no yes.
    #[error("{server} refuses: {advice} (it says: {code} {said})")]
    Refused {
        /// Who.
        server: String,
        /// RFC 5321 §4.2.
        code: u16,
        /// What to do.
        advice: &'static str,
        /// What follows the code.
        said: String,
    },
    /// Settings that no mail can be sent with.
    #[error(
        "this mail cannot be sent: {detail}; check `from`, `to`, `server` and `ca_file` of this channel"
    )]
    Settings {
        /// What is wrong.
        detail: String,
    },
}

impl Fault {
    /// Whether only the configuration, here or on the other side, can mend it.
    pub(super) fn blames_configuration(&self) -> bool {
        match self {
            Fault::Unreachable { .. } | Fault::Silent { .. } => false,
            Fault::Refused { code, .. } => *code >= 500,
            Fault::Settings { .. } => true,
        }
    }
}

/// A mailbox.
#[derive(Debug)]
pub struct Email {
    setup: channel::Email,
    transport: Result<Transport, String>,
}

impl Email {
    pub(super) fn new(setup: &channel::Email) -> Email {
        Email {
            transport: transport(setup).map_err(|error| one_line(&error.to_string())),
            setup: setup.clone(),
        }
    }

    fn server(&self) -> String {
        format!("{}:{}", self.setup.server, self.setup.port)
    }

    pub(super) fn target(&self) -> String {
        let security = match self.setup.security {
            Security::StartTls => "STARTTLS",
            Security::Tls => "TLS",
            Security::None => "not encrypted",
        };
        let to = self.setup.to.join(", ");
        format!("mail to {to} by {} ({security})", self.server())
    }

    pub(super) async fn send(&self, said: &Said) -> Result<Receipt, SendError> {
        let settings = |detail: String| later(Fault::Settings { detail });
        let transport = self.transport.as_ref();
        let transport = transport.map_err(|detail| settings(detail.clone()))?;
        let message = self
            .message(said)
            .map_err(|error| settings(one_line(&error.to_string())))?;
        let limit = self.setup.timeout;
        match tokio::time::timeout(limit, transport.send(message)).await {
            Ok(Ok(reply)) => {
                let said: Vec<&str> = reply.message().collect();
                let line = one_line(&said.join(" "));
                Ok(Receipt {
                    reference: format!("{} {line}", reply.code()),
                })
            }
            Ok(Err(error)) if error.is_timeout() => Err(self.silent()),
            Ok(Err(error)) => Err(self.explain(&error)),
            Err(_) => Err(self.silent()),
        }
    }

    fn silent(&self) -> SendError {
        later(Fault::Silent {
            server: self.server(),
            waited: self.setup.timeout,
        })
    }

    fn explain(&self, error: &lettre::transport::smtp::Error) -> SendError {
        let detail = innermost(error);
        let Some(code) = error.status() else {
            return later(Fault::Unreachable {
                server: self.server(),
                detail: one_line(&detail),
            });
        };
        let code: u16 = code.into();
        let fault = Fault::Refused {
            server: self.server(),
            code,
            advice: advice(code),
            said: one_line(&detail),
        };
        if is_about_the_mail(code) {
            SendError::Never {
                reason: fault.into(),
            }
        } else {
            later(fault)
        }
    }

    /// The whole mail.
    fn message(&self, said: &Said) -> Result<Message, Box<dyn std::error::Error + Send + Sync>> {
        let from: Mailbox = self.setup.from.parse()?;
        let domain = from.email.domain().to_owned();
        let facts = &said.facts;
        let subject = cut(&squeezed(&said.message.title), SUBJECT);
        let since_1970 = Duration::from_secs(u64::try_from(facts.time.as_second()).unwrap_or(0));
        let mut builder = Message::builder()
            .from(from)
            .subject(&subject)
            .date(SystemTime::UNIX_EPOCH + since_1970)
            .message_id(Some(format!("<{}.newsbell@{domain}>", facts.id)))
            // No answer by machines, please (RFC 3834 §5).
            .raw_header(field("Auto-Submitted", "auto-generated"))
            .raw_header(field("X-Newsbell-Alert", &facts.id));
        for to in &self.setup.to {
            builder = builder.to(to.parse()?);
        }
        // Alerts of one story stand together, as answers to a mail that nobody has ever got.
        if let Some(story) = facts.story {
            builder = builder.references(format!("<story.{story}.newsbell@{domain}>"));
        }
        builder = match said.message.urgency {
            Urgency::Low => builder.raw_header(field("Importance", "low")),
            Urgency::Normal => builder,
            Urgency::Critical => builder
                .raw_header(field("Importance", "high"))
                .raw_header(field("X-Priority", "1")),
        };
        let layout = layout::Layout::of(said);
        let html = match &said.html {
            Some(own) => own.clone(),
            None => html::write(&layout),
        };
        let parts = MultiPart::alternative_plain_html(plain::write(&layout), html);
        Ok(builder.multipart(parts)?)
    }
}

fn field(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

fn transport(setup: &channel::Email) -> Result<Transport, lettre::transport::smtp::Error> {
    let parameters = || {
        let mut builder = TlsParameters::builder(setup.server.clone());
        let own = match &setup.certificates {
            Some(pem) => Some(Certificate::from_pem(pem)?),
            None => None,
        };
        if let Some(own) = &own {
            builder = builder.add_root_certificate(own.clone());
        }
        // Small machines often lack CA certificates; those that the user gives do without.
        match (builder.build(), own) {
            (Ok(parameters), _) => Ok(parameters),
            (Err(_), Some(own)) => TlsParameters::builder(setup.server.clone())
                .certificate_store(CertificateStore::None)
                .add_root_certificate(own)
                .build(),
            (Err(error), None) => Err(error),
        }
    };
    let tls = match setup.security {
        Security::StartTls => Tls::Required(parameters()?),
        Security::Tls => Tls::Wrapper(parameters()?),
        Security::None => Tls::None,
    };
    let mut builder = Transport::builder_dangerous(&setup.server)
        .port(setup.port)
        .tls(tls)
        .timeout(Some(setup.timeout));
    if let Some((name, password)) = &setup.login {
        let credentials = Credentials::new(name.clone(), password.told().to_owned());
        builder = builder.credentials(credentials);
    }
    Ok(builder.build())
}

/// Whether a reply says that this very mail will never be taken. That a mailbox, a login or a sender is
/// refused can be mended by a person.
fn is_about_the_mail(code: u16) -> bool {
    matches!(code, 552 | 554)
}

fn advice(code: u16) -> &'static str {
    match code {
        421 | 450..=452 => "it has no room or no time now",
        454 | 530 | 534 | 535 | 538 => "check `username` and `password_file` of this channel",
        550 | 551 | 553 => {
            "check `from` and `to` of this channel, and whether it sends mail for you"
        }
        552 | 554 => "it does not want this mail",
        _ => "see what its log says",
    }
}

/// What is behind an error.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

fn later(fault: Fault) -> SendError {
    SendError::Later {
        reason: fault.into(),
        after: None,
    }
}
