//! Reads a snapshot from a database: one transaction that can only read.

use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use minijinja::context;
use postgres::config::SslMode;
use postgres::{Client, Config, IsolationLevel};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use thiserror::Error;
use tokio_postgres_rustls::MakeRustlsConnect;

use super::options::{History, Options};
use super::plan;
use super::snapshot::{Property, Snapshot};
use super::template::{Templates, ident, kept_name, literal, shortened};

/// How long the server may take to answer a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);
const CATALOG: &str = include_str!("../../partition/catalog.sql");

/// Why a table could not be read. No message has the database's address, which has a password in it.
#[derive(Debug, Error)]
pub enum ReadError {
    /// The address makes no sense.
    #[error("the database URL can't be used: {0}")]
    Url(String),
    /// There is no connection.
    #[error("can't connect to the database: {0}")]
    Connect(String),
    /// A query failed.
    #[error("the database can't be read: {0}")]
    Query(String),
    /// There is no such table.
    #[error("there is no table {schema}.{table}, or {user} can't see it")]
    NoTable {
        /// The schema.
        schema: String,
        /// The table.
        table: String,
        /// The role that looked.
        user: String,
    },
    /// The catalog says something that can't be.
    #[error("the catalog of the database can't be understood: {0}")]
    Catalog(String),
}

impl From<postgres::Error> for ReadError {
    fn from(error: postgres::Error) -> ReadError {
        ReadError::Query(in_words(&error))
    }
}

/// What the server says, and not only that it says something.
pub(super) fn in_words(error: &postgres::Error) -> String {
    match (error.as_db_error(), error.source()) {
        (Some(said), _) => said.message().to_owned(),
        (None, Some(source)) => format!("{error}: {source}"),
        (None, None) => error.to_string(),
    }
}

/// Reads `table` of `schema`, and what is bound to it, from the database at `url`.
///
/// # Errors
/// If that can't be done; see [`ReadError`].
pub fn snapshot(url: &str, schema: &str, table: &str, options: &Options) -> Result<Snapshot, ReadError> {
    let mut client = connect(url)?;
    let mut transaction =
        client.build_transaction().read_only(true).isolation_level(IsolationLevel::RepeatableRead).start()?;
    transaction.batch_execute(
        "set local search_path = ''; set local timezone = 'UTC'; set local datestyle = 'ISO'; set local statement_timeout = '10min'",
    )?;
    let Some(row) = transaction.query_opt(CATALOG, &[&schema, &table])? else {
        let user = transaction.query_one("select current_user::text", &[])?.try_get(0)?;
        return Err(ReadError::NoTable { schema: schema.to_owned(), table: table.to_owned(), user });
    };
    let mut snapshot: Snapshot = understood(row.try_get(0)?)?;
    let templates = Templates::of(table, options.history);
    let unfilled = |error: minijinja::Error| ReadError::Catalog(error.to_string());
    let qualified = format!("{}.{}", ident(schema), ident(table));
    let oid = format!("{}::regclass", literal(&qualified));
    let check = literal(&shortened(&format!("{table}_phase2_boundary")));
    let fingerprint = templates.fingerprint(&oid, &check).map_err(unfilled)?;
    let rows = transaction
        .query(&format!("select kind, name, value, md5(value) from ({fingerprint}) f order by kind, name"), &[])?;
    let property = |row: &postgres::Row| -> Result<Property, postgres::Error> {
        Ok(Property { kind: row.try_get(0)?, name: row.try_get(1)?, value: row.try_get(2)?, digest: row.try_get(3)? })
    };
    snapshot.fingerprint = rows.iter().map(property).collect::<Result<_, _>>()?;
    let taken = "select c.relname::text from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace \
                 where n.nspname = $1::text and (c.relname = any($3::text[]) or left(c.relname, length($2::text) + 1) = $2::text || '_')";
    let kept = [History::Attach, History::Split].map(|history| kept_name(history, table, table));
    let names: Vec<&str> = kept.iter().map(String::as_str).chain([table]).collect();
    let rows = transaction.query(taken, &[&options.home, &table, &names])?;
    snapshot.taken = rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?;
    if let Some(column) = snapshot.column(&options.key).filter(|column| plan::is_key_type(&column.data_type)) {
        let query = context! {
            key => options.key.as_str(), table => qualified, nullable => !column.not_null,
            zoned => column.data_type.ends_with("with time zone"),
        };
        let query = templates.fill("key.sql", &query).map_err(unfilled)?;
        snapshot.key = Some(understood(transaction.query_one(&query, &[])?.try_get(0)?)?);
    }
    Ok(snapshot)
}

fn understood<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, ReadError> {
    serde_json::from_str(text).map_err(|error| ReadError::Catalog(error.to_string()))
}

/// How the server's certificate is judged, as libpq's `sslmode` has it.
#[derive(Debug, PartialEq, Eq)]
enum Trust {
    /// `prefer` and `require`: not at all.
    Any,
    /// `verify-ca` and `verify-full`: by the certificates in a file, or by those that browsers trust.
    Verified(Option<String>),
}

/// A connection, over TLS where the server or the address asks for it.
pub(super) fn connect(url: &str) -> Result<Client, ReadError> {
    let (plain, trust) = split_trust(url);
    let mut config: Config = plain.parse().map_err(|error: postgres::Error| ReadError::Url(in_words(&error)))?;
    if trust != Trust::Any {
        config.ssl_mode(SslMode::Require);
    }
    config.connect_timeout(CONNECT_TIMEOUT).application_name("phase2");
    let tls = MakeRustlsConnect::new(tls(&trust)?);
    config.connect(tls).map_err(|error| ReadError::Connect(in_words(&error)))
}

/// The address without what its `sslmode` and `sslrootcert` ask for and the client doesn't know.
fn split_trust(url: &str) -> (String, Trust) {
    let Some((base, query)) = url.split_once('?').filter(|_| url.contains("://")) else {
        return (url.to_owned(), Trust::Any);
    };
    let (mut kept, mut is_verified, mut file) = (Vec::new(), false, None);
    for pair in query.split('&') {
        match pair.split_once('=') {
            Some(("sslmode", "verify-ca" | "verify-full")) => is_verified = true,
            Some(("sslmode", "allow")) => kept.push("sslmode=prefer"),
            Some(("sslrootcert", path)) => {
                is_verified = true;
                file = Some(path.replace("%2F", "/"));
            }
            _ => kept.push(pair),
        }
    }
    let url = if kept.is_empty() { base.to_owned() } else { format!("{base}?{}", kept.join("&")) };
    (url, if is_verified { Trust::Verified(file) } else { Trust::Any })
}

fn tls(trust: &Trust) -> Result<ClientConfig, ReadError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| ReadError::Connect(error.to_string()))?;
    let Trust::Verified(file) = trust else {
        let any = Arc::new(AnyServer(provider));
        return Ok(builder.dangerous().with_custom_certificate_verifier(any).with_no_client_auth());
    };
    let mut roots = RootCertStore::empty();
    match file {
        None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
        Some(path) => {
            let unusable = |error: &dyn std::fmt::Display| ReadError::Url(format!("sslrootcert {path}: {error}"));
            for certificate in CertificateDer::pem_file_iter(path).map_err(|error| unusable(&error))? {
                let certificate = certificate.map_err(|error| unusable(&error))?;
                roots.add(certificate).map_err(|error| unusable(&error))?;
            }
        }
    }
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

/// Takes any certificate: what `sslmode=require` means, as pooled databases have certificates of their host's own authority.
#[derive(Debug)]
struct AnyServer(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyServer {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls12_signature(
            message,
            certificate,
            signature,
            &self.0.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls13_signature(
            message,
            certificate,
            signature,
            &self.0.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_client_does_not_know_is_taken_out_of_the_address() {
        let of = |url: &str| split_trust(url);
        assert_eq!(of("postgres://u@h/d?sslmode=require"), ("postgres://u@h/d?sslmode=require".into(), Trust::Any));
        assert_eq!(of("postgres://u@h/d?sslmode=verify-full"), ("postgres://u@h/d".into(), Trust::Verified(None)));
        let (url, trust) = of("postgres://u@h/d?sslmode=verify-ca&sslrootcert=a%2Fb.crt&options=x");
        assert_eq!((url.as_str(), trust), ("postgres://u@h/d?options=x", Trust::Verified(Some("a/b.crt".into()))));
    }
}
