//! What is told of seat maps, beside nginx with the same bytes as a file.

use std::net::SocketAddr;

use super::Run;
use crate::goal::{Ratio, Target as Wanted};
use crate::load::Pace;
use crate::scenario::reader::Reading;
use crate::scenario::seat_map::{Hall, REFRESH_RATE, Target};
use crate::yardstick::find_packaged;
use crate::yardstick::nginx::{FILE, NGINX, NGINX_PACKAGE, Nginx};

/// The map changes with every hold, and the file never does.
const WHOLE_TARGET: Wanted = Wanted::AtLeast(0.5);
/// Where nothing has changed, the office has no more to do than a file server.
const UNCHANGED_TARGET: Wanted = Wanted::AtLeast(1.0);

/// One server's answers a second.
#[derive(Default)]
struct Speeds {
    whole_quiet: f64,
    unchanged_quiet: f64,
    whole_on_sale: f64,
}

impl Run<'_> {
    pub(super) async fn read_seat_maps(&mut self) -> anyhow::Result<()> {
        let hall = Hall::open(&self.stage, self.options.map_effort()).await?;
        let map = hall.map(&self.stage).await?;
        self.report
            .note(format!("seat map: {} bytes an answer, compressed", map.len()));
        let office = self
            .read_all(&hall, "seat map", self.stage.address(), hall.path())
            .await?;
        match find_packaged(NGINX, NGINX_PACKAGE) {
            Ok(program) => {
                let nginx = Nginx::start(&program, &self.folder.make_inner("nginx")?, &map).await?;
                let speeds = self.read_all(&hall, "nginx", nginx.address, FILE).await;
                nginx.stop().await?;
                self.compare_maps(&office, &speeds?);
            }
            Err(missing) => self.report.note(format!("seat map: {missing}")),
        }
        self.measure_refresh(&hall).await
    }

    /// Reads whole and if changed, quiet and while the office sells as fast as it can.
    async fn read_all(
        &mut self,
        hall: &Hall,
        name: &str,
        address: SocketAddr,
        path: &str,
    ) -> anyhow::Result<Speeds> {
        let mut speeds = Speeds::default();
        let readings = [
            (
                "whole, quiet",
                Reading::Whole,
                None,
                Some(&mut speeds.whole_quiet),
            ),
            (
                "if changed, quiet",
                Reading::IfChanged,
                None,
                Some(&mut speeds.unchanged_quiet),
            ),
            (
                "whole, on sale",
                Reading::Whole,
                Some(Pace::Closed),
                Some(&mut speeds.whole_on_sale),
            ),
            (
                "if changed, on sale",
                Reading::IfChanged,
                Some(Pace::Closed),
                None,
            ),
        ];
        for (case, reading, sale, speed) in readings {
            let target = Target {
                address,
                path,
                reading,
            };
            let reads = hall
                .read(&self.stage, self.options.map_effort(), target, sale)
                .await?;
            let name = format!("{name}, {case}");
            self.add(&name, &reads.measured)?;
            if let Some(sold) = &reads.sold {
                self.add(&format!("{name}: the sale's holds"), sold)?;
            }
            if let Some(speed) = speed {
                *speed = reads.measured.per_second();
            }
        }
        Ok(speeds)
    }

    fn compare_maps(&mut self, office: &Speeds, nginx: &Speeds) {
        let whole = "seat map, whole, at full sale";
        let mut compare = |name, office, other, target| {
            self.report
                .ratio(Ratio::new(name, "answers/s", office, other, target));
        };
        compare(
            whole,
            office.whole_on_sale,
            ("nginx with nothing beside it", nginx.whole_quiet),
            WHOLE_TARGET,
        );
        compare(
            whole,
            office.whole_on_sale,
            ("nginx beside the same sale", nginx.whole_on_sale),
            WHOLE_TARGET,
        );
        compare(
            "seat map, whole, quiet",
            office.whole_quiet,
            ("nginx", nginx.whole_quiet),
            WHOLE_TARGET,
        );
        compare(
            "seat map, unchanged (304), quiet",
            office.unchanged_quiet,
            ("nginx", nginx.unchanged_quiet),
            UNCHANGED_TARGET,
        );
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
