//! Seats side by side for those who have named none.

use super::Draft;
use crate::event::Places;
use crate::id::SessionId;
use crate::label::Label;
use crate::outcome::Refusal;
use crate::plan::Point;
use crate::reference::OrderNumber;
use crate::together::grounds::middle;
use crate::together::groups::find;
use crate::together::{Filter, Found, Wish};

impl Draft<'_> {
    /// The seats that a wish comes to: free ones, or those that are kept under a label. `owner` is whose order it must be that they
    /// are to be near to, unless anybody's will do.
    pub(super) fn find_together(
        &mut self,
        wish: &Wish,
        label: Option<&Label>,
        owner: Option<SessionId>,
    ) -> Result<Found, Refusal> {
        let near = match wish.near {
            Some(order) => Some(self.middle_of(order, owner).ok_or(Refusal::NearNotLive)?),
            None => None,
        };
        let filter = Filter {
            label: label.cloned(),
            has_accessible: wish.accessible > 0,
            ..wish.filter.clone()
        };
        let wish = &Wish {
            filter,
            ..wish.clone()
        };
        let show = self.show.clone();
        let all = self.overlay.free_seats(&show, &wish.filter);
        // Those under a label are kept for others than those who wait.
        let has_kept = owner.is_some() && label.is_none() && self.has_kept();
        let free = match has_kept {
            true => self.beside_kept(all.clone()),
            false => all.clone(),
        };
        let longest = free.longest(wish.accessible);
        // What is not found at one look is looked for once a batch, however many ask for the same.
        let is_simple = has_kept || wish.groups.len() == 1 && wish.fall_backs.is_empty();
        let is_vain = !is_simple && self.vain_wishes.iter().any(|vain| vain.is_as_hard_as(wish));
        let found = if is_vain { None } else { find(&free, wish, near) };
        if found.is_none() {
            self.largest_group = Some(longest);
        }
        if found.is_none() && !is_simple && !is_vain {
            self.vain_wishes.push(wish.clone());
        }
        found.ok_or_else(|| match has_kept && find(&all, wish, near).is_some() {
            true => Refusal::Waitlisted {
                seats: Vec::new(),
                zones: Vec::new(),
            },
            false => Refusal::NotTogether,
        })
    }

    /// The middle of an order's seats, if it has some.
    fn middle_of(&self, order: OrderNumber, owner: Option<SessionId>) -> Option<Point> {
        let live = self.overlay.order(order)?;
        let is_own = owner.is_none_or(|owner| live.terms.session == owner);
        let Places { seats, .. } = is_own.then(|| live.live_places())?;
        let points = seats
            .iter()
            .filter_map(|seat| Some(self.show.plan.seat(*seat)?.point()));
        middle(points)
    }
}
