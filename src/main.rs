//! What was asked on the command line?

use std::process::ExitCode;

fn main() -> ExitCode {
    newsbell::cli::main()
}
