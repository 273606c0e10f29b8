//! Several groups in one wish, and what will do where a group can't sit side by side.

use std::collections::BTreeMap;

use super::grounds::middle;
use super::search::{FreeSeats, Group, Window};
use super::{FallBack, Found, Wish};
use crate::plan::Point;

/// The seats that a wish comes to, all of them or none; `near` is what it wants to be near to.
///
/// One group has the best window. Of several, the largest is put first, at its best, and each other one as near as can be to those
/// before it. Where that leaves no room for all, each is put into the shortest run that holds it instead.
pub fn find(free: &FreeSeats<'_>, wish: &Wish, near: Option<Point>) -> Option<Found> {
    let place_all = |sizes: &[u32], fall_back| {
        let windows = place(free, &seated(sizes, wish.accessible)?, near)?;
        Some(found(free, &windows, fall_back))
    };
    place_all(&wish.groups, None).or_else(|| {
        wish.fall_backs.iter().find_map(|fall_back| match fall_back {
            FallBack::AdjacentRows => {
                let windows = split(free, &wish.groups, wish.accessible)?;
                Some(found(free, &windows, Some(*fall_back)))
            }
            FallBack::Pairs => place_all(&pairs(&wish.groups), Some(*fall_back)),
            FallBack::Single => place_all(&vec![1; wish.count() as usize], Some(*fall_back)),
        })
    })
}

fn found(free: &FreeSeats<'_>, windows: &[Window], fall_back: Option<FallBack>) -> Found {
    let seats = windows.iter().flat_map(|window| free.seats(window)).collect();
    Found { seats, fall_back }
}

/// Groups of these sizes, with those who have wheelchairs spread over them, one to each by turns.
fn seated(sizes: &[u32], accessible: u32) -> Option<Vec<Group>> {
    let mut groups: Vec<_> = { sizes.iter() }
        .map(|count| Group {
            count: *count,
            accessible: 0,
        })
        .collect();
    let mut left = accessible;
    while left > 0 {
        let before = left;
        for group in groups.iter_mut().filter(|group| group.accessible < group.count) {
            if left > 0 {
                group.accessible += 1;
                left -= 1;
            }
        }
        if left == before {
            return None;
        }
    }
    Some(groups)
}

/// Groups of two, and one of three where a group's number is odd; three themselves are a pair and one more.
fn pairs(groups: &[u32]) -> Vec<u32> {
    let mut pairs = Vec::new();
    for group in groups {
        match group {
            0 | 1 => pairs.push(*group),
            3 => pairs.extend([2, 1]),
            _ => {
                pairs.push(2 + group % 2);
                pairs.extend((1..group / 2).map(|_| 2));
            }
        }
    }
    pairs
}

/// One group in two rows, in halves or as near to that as can be. Nobody sits alone but of two or three.
fn split(free: &FreeSeats<'_>, groups: &[u32], accessible: u32) -> Option<[Window; 2]> {
    let [count] = groups else { return None };
    let least = if *count > 3 { 2 } else { 1 };
    let larger = count.div_ceil(2)..=count.checked_sub(least)?;
    let sizes = larger.flat_map(|larger| [[larger, count - larger], [count - larger, larger]]);
    let splits = free.splits(*count);
    let has_room = |[first, second]: &[u32; 2]| splits.get(*first as usize) >= Some(second);
    sizes.into_iter().filter(has_room).find_map(|[first, second]| {
        // Those who have wheelchairs stay together, if they can.
        let of_first = accessible.min(first);
        let group = |count, accessible| Group { count, accessible };
        let rest = accessible - of_first;
        free.split(group(first, of_first), group(second, rest))
    })
}

fn place(free: &FreeSeats<'_>, groups: &[Group], near: Option<Point>) -> Option<Vec<Window>> {
    match groups {
        [group] => Some(vec![one(free, *group, near)?]),
        groups => place_near(free, groups, near).or_else(|| place_tightly(free, groups)),
    }
}

fn one(free: &FreeSeats<'_>, group: Group, near: Option<Point>) -> Option<Window> {
    match near {
        Some(point) => free.nearest(group, point),
        None => free.best(group),
    }
}

/// The largest first, and each other one near those before it. In the order of the groups.
fn place_near(free: &FreeSeats<'_>, groups: &[Group], near: Option<Point>) -> Option<Vec<Window>> {
    let mut free = free.clone();
    let mut points: Vec<Point> = Vec::new();
    let mut windows = Vec::with_capacity(groups.len());
    for (at, group) in largest_first(groups) {
        let window = one(&free, group, middle(points.iter().copied()).or(near))?;
        // A larger group weighs more.
        let middle = free.middle(&window)?;
        points.extend((0..group.count).map(|_| middle));
        free.take(&window);
        windows.push((at, window));
    }
    Some(in_order(windows))
}

/// The largest first, each in the shortest run that holds it: as many as can be, wherever they are. Tables have none, and who has a
/// wheelchair is not put anywhere.
fn place_tightly(free: &FreeSeats<'_>, groups: &[Group]) -> Option<Vec<Window>> {
    let counts = groups.iter().map(|group| group.count);
    let (least, most) = (counts.clone().min()?, counts.max()?);
    if free.has_accessible || free.longest(0) < most {
        return None;
    }
    let mut runs: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for run in free.runs(least) {
        runs.entry(run.end - run.start).or_default().push(run.start);
    }
    // The best of each length is taken first.
    runs.values_mut().for_each(|begins| begins.reverse());
    let mut windows = Vec::with_capacity(groups.len());
    for (at, Group { count, .. }) in largest_first(groups) {
        let (length, begins) = runs.range_mut(count..).next()?;
        let (length, begin) = (*length, begins.pop()?);
        if begins.is_empty() {
            runs.remove(&length);
        }
        if length > count {
            runs.entry(length - count).or_default().push(begin + count);
        }
        windows.push((at, Window::Row(begin..begin + count)));
    }
    Some(in_order(windows))
}

/// The largest first; before them those with wheelchairs, who have fewer places.
fn largest_first(groups: &[Group]) -> Vec<(usize, Group)> {
    let mut groups: Vec<_> = groups.iter().copied().enumerate().collect();
    groups.sort_by_key(|(_, group)| std::cmp::Reverse((group.accessible, group.count)));
    groups
}

fn in_order(mut windows: Vec<(usize, Window)>) -> Vec<Window> {
    windows.sort_by_key(|(at, _)| *at);
    windows.into_iter().map(|(_, window)| window).collect()
}
