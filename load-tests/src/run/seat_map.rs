//! What is told of seat maps, beside nginx with the same bytes as a file.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context;

use super::Run;
use crate::goal::{Ratio, Target as Wanted};
use crate::load::Pace;
use crate::scenario::reader::Reading;
use crate::scenario::seat_map::{Hall, REFRESH_RATE, Reads, Target};
use crate::yardstick::find_packaged;
use crate::yardstick::nginx::{FILE, NGINX, NGINX_PACKAGE, Nginx};

/// The map changes with every hold, and the file never does.
const WHOLE_TARGET: Wanted = Wanted::AtLeast(0.5);
/// Where nothing has changed, the office has no more to do than a file server.
const UNCHANGED_TARGET: Wanted = Wanted::AtLeast(1.0);
/// How often each server has its turn in a case: whatever else the machine does then hits all alike.
const TURNS: u32 = 5;

/// A server that is read from.
struct Server<'a> {
    name: &'static str,
    address: SocketAddr,
    path: &'a str,
}

/// What is read, and the pace of a sale beside it.
const CASES: [(&str, Reading, Option<Pace>); 4] = [
    ("whole, quiet", Reading::Whole, None),
    ("if changed, quiet", Reading::IfChanged, None),
    ("whole, on sale", Reading::Whole, Some(Pace::Closed)),
    ("if changed, on sale", Reading::IfChanged, Some(Pace::Closed)),
];

/// One server's answers a second in each of the cases.
type Speeds = [f64; CASES.len()];

impl Run<'_> {
    pub(super) async fn read_seat_maps(&mut self) -> anyhow::Result<()> {
        let hall = Hall::open(&self.stage, self.options.map_effort()).await?;
        let map = hall.map(&self.stage).await?;
        self.report
            .note(format!("seat map: {} bytes an answer, compressed", map.len()));
        let office = Server {
            name: "seat map",
            address: self.stage.address(),
            path: hall.path(),
        };
        match find_packaged(NGINX, NGINX_PACKAGE) {
            Ok(program) => {
                let nginx = Nginx::start(&program, &self.folder.make_inner("nginx")?, &map).await?;
                let other = Server {
                    name: "nginx",
                    address: nginx.address,
                    path: FILE,
                };
                let speeds = self.read_all(&hall, [office, other]).await;
                nginx.stop().await?;
                let [office, nginx] = speeds?;
                self.compare_maps(office, nginx);
            }
            Err(missing) => {
                self.report.note(format!("seat map: {missing}"));
                self.read_all(&hall, [office]).await?;
            }
        }
        self.measure_refresh(&hall).await
    }

    /// Reads whole and if changed, quiet and while the office sells as fast as it can. The servers take turns; of each
    /// one's turns the median counts.
    async fn read_all<const N: usize>(
        &mut self,
        hall: &Hall,
        servers: [Server<'_>; N],
    ) -> anyhow::Result<[Speeds; N]> {
        let mut effort = self.options.map_effort();
        effort.time = (effort.time / TURNS).max(Duration::from_secs(1));
        let mut speeds = [Speeds::default(); N];
        for (at, (case, reading, sale)) in CASES.into_iter().enumerate() {
            let mut turns: [Vec<Reads>; N] = std::array::from_fn(|_| Vec::new());
            for _ in 0..TURNS {
                for (server, turns) in servers.iter().zip(&mut turns) {
                    let target = Target {
                        address: server.address,
                        path: server.path,
                        reading,
                    };
                    turns.push(hall.read(&self.stage, effort, target, sale).await?);
                }
            }
            for ((server, turns), speeds) in servers.iter().zip(turns).zip(&mut speeds) {
                let name = format!("{}, {case}", server.name);
                let reads = median(turns).with_context(|| format!("{name}: no turn"))?;
                self.add(&name, &reads.measured)?;
                if let Some(sold) = &reads.sold {
                    self.add(&format!("{name}: the sale's holds"), sold)?;
                }
                if let Some(speed) = speeds.get_mut(at) {
                    *speed = reads.measured.per_second();
                }
            }
        }
        Ok(speeds)
    }

    fn compare_maps(&mut self, office: Speeds, nginx: Speeds) {
        let [whole, unchanged, whole_on_sale, _] = office;
        let [file, file_unchanged, file_on_sale, _] = nginx;
        let on_sale = "seat map, whole, at full sale";
        let comparisons = [
            (
                on_sale,
                whole_on_sale,
                ("nginx with nothing beside it", file),
                WHOLE_TARGET,
            ),
            (
                on_sale,
                whole_on_sale,
                ("nginx beside the same sale", file_on_sale),
                WHOLE_TARGET,
            ),
            ("seat map, whole, quiet", whole, ("nginx", file), WHOLE_TARGET),
            (
                "seat map, unchanged (304), quiet",
                unchanged,
                ("nginx", file_unchanged),
                UNCHANGED_TARGET,
            ),
        ];
        for (name, office, other, target) in comparisons {
            self.report
                .ratio(Ratio::new(name, "answers/s", office, other, target));
        }
    }

    /// The same sale and as many reads in all, by one reader and by many.
    async fn measure_refresh(&mut self, hall: &Hall) -> anyhow::Result<()> {
        let Some(office) = self.office.id() else {
            self.report
                .note("seat map: no processor time of a box office that was not started here".to_owned());
            return Ok(());
        };
        let effort = self.options.map_effort();
        let one = hall.refresh_cost(&self.stage, effort, office, 1).await?;
        let many = hall
            .refresh_cost(&self.stage, effort, office, effort.clients)
            .await?;
        self.report.note(format!(
            "seat map: with {REFRESH_RATE:.0} holds and {REFRESH_RATE:.0} reads a second the office takes {:.0} ms of one \
             processor a second for 1 reader, {:.0} ms for {} readers",
            one.as_secs_f64() * 1_000.0,
            many.as_secs_f64() * 1_000.0,
            effort.clients
        ));
        Ok(())
    }
}

/// The turn of middling speed.
fn median(mut turns: Vec<Reads>) -> Option<Reads> {
    turns.sort_unstable_by(|a, b| a.measured.per_second().total_cmp(&b.measured.per_second()));
    let middle = turns.len() / 2;
    turns.into_iter().nth(middle)
}
