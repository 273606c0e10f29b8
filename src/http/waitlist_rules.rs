//! The rules of a show's waitlist in requests for shows.

use std::sync::Arc;

use super::bodies::waitlist::NewWaitlistBody;
use super::problem::Problem;
use domain::rules::Rules;
use domain::show::Show;

/// Gives a show a waitlist with these rules, or takes it away.
pub fn set_waitlist(show: &mut Show, body: Option<&NewWaitlistBody>) -> Result<(), Problem> {
    let rules = Rules {
        waitlist: body.map(NewWaitlistBody::read).transpose()?,
        ..show.rules.as_deref().cloned().unwrap_or_default()
    };
    show.rules = (rules != Rules::default()).then(|| Arc::new(rules));
    Ok(())
}
