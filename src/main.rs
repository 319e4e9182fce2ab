//! Starts Vigie: installs the one TLS provider, runs the command, gives its exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    // Fails only when one is installed already, which is as good.
    drop(rustls::crypto::ring::default_provider().install_default());
    vigie::cli::main()
}
