//! Vigie, the lookout: public posts in, alert mails and share-of-voice digests out.
//!
//! One sentence a module, in the order in which data flows. `ARCHITECTURE.md` has the picture.

pub mod fetch;
pub mod html;
pub mod network;
pub mod post;
pub mod source;
pub mod time;
