//! The settings of the provider.

use clap::Args;

/// The settings of the provider.
#[derive(Debug, Clone, Args)]
pub struct SandboxPayments {
    /// Address and port to listen on; port 0 takes a free one
    #[arg(long, env = "BOXOFFICE_SANDBOX_LISTEN", default_value = "127.0.0.1:12111")]
    pub listen: String,
    /// Where browsers find it [default: http:// and the address it listens on]
    #[arg(long, env = "BOXOFFICE_SANDBOX_PUBLIC_URL")]
    pub public_url: Option<String>,
    /// The key that callers of both doors show
    #[arg(long, env = "BOXOFFICE_SANDBOX_API_KEY", default_value = "sk_test_boxoffice")]
    pub api_key: String,
    /// Where Stripe's events go. Without it, nowhere
    #[arg(long, env = "BOXOFFICE_SANDBOX_WEBHOOK_URL")]
    pub webhook_url: Option<String>,
    /// What Stripe's events are signed with
    #[arg(
        long,
        env = "BOXOFFICE_SANDBOX_WEBHOOK_SECRET",
        default_value = "whsec_boxoffice"
    )]
    pub webhook_secret: String,
    /// Where the hosted door's notices go. Without it, nowhere
    #[arg(long, env = "BOXOFFICE_SANDBOX_HOSTED_WEBHOOK_URL")]
    pub hosted_webhook_url: Option<String>,
    /// What the hosted door's notices are signed with
    #[arg(
        long,
        env = "BOXOFFICE_SANDBOX_HOSTED_SECRET",
        default_value = "hosted_boxoffice"
    )]
    pub hosted_secret: String,
    /// How many idempotency keys each door remembers before it forgets the oldest
    #[arg(long, env = "BOXOFFICE_SANDBOX_KEY_MEMORY", default_value_t = 10_000)]
    pub key_memory: usize,
}
