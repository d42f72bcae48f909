//! Sealing what the journal must not hold in clear but an output must show: the Kafka key of a
//! record, which on some topics is a person's ID.
//!
//! The same record read twice seals to the same bytes: its coordinates make the nonce, and
//! AES-GCM-SIV stays sound where a nonce repeats.

use aes_gcm_siv::aead::{Aead, KeyInit};
use aes_gcm_siv::{Aes256GcmSiv, Nonce};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use thiserror::Error;

/// First bytes of everything sealed: a byte that no text has, a name, a version.
const MARK: [u8; 4] = [0, b's', b'l', 1];
const KEY_ID: usize = 4;
const NONCE: usize = 12;

/// Seals and opens under one secret.
pub struct Sealer {
    cipher: Aes256GcmSiv,
    nonces: Hmac<Sha256>,
    key_id: [u8; KEY_ID],
}

/// Why sealed bytes stay shut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SealError {
    /// They are not sealed bytes of a version this program knows.
    #[error("not sealed by a version this program knows")]
    Foreign,
    /// They were sealed under another secret.
    #[error("sealed under another secret")]
    OtherKey,
    /// They were changed since.
    #[error("sealed bytes are damaged")]
    Damaged,
}

impl Sealer {
    /// A sealer under a secret of any length; its keys are derived from it.
    #[must_use]
    pub fn new(secret: &[u8]) -> Sealer {
        let derive = |purpose: &str| -> [u8; 32] {
            mac(secret)
                .chain_update(purpose)
                .finalize()
                .into_bytes()
                .into()
        };
        let id = derive("zhamen key id");
        Sealer {
            cipher: Aes256GcmSiv::new(&derive("zhamen seal").into()),
            nonces: mac(&derive("zhamen nonce")),
            key_id: [id[0], id[1], id[2], id[3]],
        }
    }

    /// Seals `plain`; `context` (where it came from) makes equal texts look different.
    #[must_use]
    pub fn seal(&self, context: &[u8], plain: &[u8]) -> Vec<u8> {
        let digest: [u8; 32] = self
            .nonces
            .clone()
            .chain_update((context.len() as u64).to_be_bytes())
            .chain_update(context)
            .chain_update(plain)
            .finalize()
            .into_bytes()
            .into();
        let nonce: [u8; NONCE] = digest[..NONCE].try_into().expect("shorter than a digest");
        let sealed = self
            .cipher
            .encrypt(&Nonce::from(nonce), plain)
            .expect("a Kafka key is below the cipher's 64 GiB");
        [&MARK[..], &self.key_id, &nonce, &sealed].concat()
    }

    /// Opens what [`Sealer::seal`] made under the same secret.
    pub fn open(&self, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        let rest = sealed.strip_prefix(&MARK).ok_or(SealError::Foreign)?;
        let (key_id, rest) = rest.split_at_checked(KEY_ID).ok_or(SealError::Damaged)?;
        if key_id != self.key_id {
            return Err(SealError::OtherKey);
        }
        let (nonce, body) = rest.split_at_checked(NONCE).ok_or(SealError::Damaged)?;
        let nonce: [u8; NONCE] = nonce.try_into().expect("split at its length");
        self.cipher
            .decrypt(&Nonce::from(nonce), body)
            .map_err(|_| SealError::Damaged)
    }

    /// The key of a decision as it is published: opened where it is sealed.
    pub fn clear_key(&self, key: &[u8]) -> Result<Vec<u8>, SealError> {
        if is_sealed(key) {
            self.open(key)
        } else {
            Ok(key.to_vec())
        }
    }
}

/// Whether bytes bear the mark. Keys in clear that happen to bear it are sealed by ingest.
#[must_use]
pub fn is_sealed(bytes: &[u8]) -> bool {
    bytes.starts_with(&MARK)
}

fn mac(key: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("HMAC takes keys of any length")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_only_under_its_secret_and_unchanged() {
        let sealer = Sealer::new(b"secret");
        let plain = b"11010519491231002X";
        let sealed = sealer.seal(b"t/0/1", plain);
        assert_eq!(sealed, sealer.seal(b"t/0/1", plain));
        assert_ne!(sealed, sealer.seal(b"t/0/2", plain));
        assert!(!sealed.windows(6).any(|w| w == b"110105"));
        assert_eq!(sealer.open(&sealed).as_deref(), Ok(&plain[..]));
        assert_eq!(
            Sealer::new(b"other").open(&sealed),
            Err(SealError::OtherKey)
        );
        assert_eq!(sealer.open(plain), Err(SealError::Foreign));
        for i in 4..sealed.len() {
            let mut changed = sealed.clone();
            changed[i] ^= 1;
            assert!(sealer.open(&changed).is_err(), "byte {i}");
        }
        for n in 0..sealed.len() {
            assert!(sealer.open(&sealed[..n]).is_err(), "cut at {n}");
        }
    }
}
