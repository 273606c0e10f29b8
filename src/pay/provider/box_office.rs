//! The box office: what an organiser takes at its own counter, invoices or gives away. Its book is the office's own, so that nobody is
//! asked; what is given back of it, whoever sold it hands over.

use futures_util::FutureExt;

use super::gateway::{
    Answer, Authorisation, Charge, Delivery, Gateway, Notice, NoticeError, Page, ProviderPayment,
    ProviderRecord, Way,
};
use domain::id::{PaymentId, RefundId};

/// Its name in tables. No buyer pays by it.
pub const BOX_OFFICE: &str = "box_office";

/// An organiser's own counter.
#[derive(Debug)]
pub struct BoxOffice;

impl Gateway for BoxOffice {
    fn name(&self) -> &'static str {
        BOX_OFFICE
    }

    fn way(&self) -> Way<'_> {
        Way::TestCards(&[])
    }

    fn accepts(&self, _payment_method: &str) -> bool {
        false
    }

    fn settles_at_once(&self, _payment_method: &str) -> bool {
        true
    }

    fn is_metered(&self) -> bool {
        false
    }

    fn has_pages(&self) -> bool {
        false
    }

    fn authorise<'a>(&'a self, charge: &'a Charge) -> Answer<'a, Authorisation> {
        let reference = charge.payment.to_string();
        async { Ok(Authorisation::Authorised { reference }) }.boxed()
    }

    fn capture<'a>(&'a self, _payment: &'a ProviderPayment) -> Answer<'a, i64> {
        async { Ok(0) }.boxed()
    }

    fn void<'a>(&'a self, _payment: &'a ProviderPayment) -> Answer<'a, ()> {
        async { Ok(()) }.boxed()
    }

    fn refund<'a>(
        &'a self,
        _payment: &'a ProviderPayment,
        _refund: RefundId,
        _amount: i64,
    ) -> Answer<'a, ()> {
        async { Ok(()) }.boxed()
    }

    fn look_up<'a>(
        &'a self,
        _payment: PaymentId,
        _reference: Option<&'a str>,
    ) -> Answer<'a, Option<ProviderRecord>> {
        async { Ok(None) }.boxed()
    }

    fn list<'a>(&'a self, _after: Option<&'a str>) -> Answer<'a, Option<Page>> {
        async { Ok(None) }.boxed()
    }

    fn read_notice(&self, _delivery: Delivery<'_>) -> Result<Notice, NoticeError> {
        Err(NoticeError::Signature("the box office sends no notices"))
    }
}
