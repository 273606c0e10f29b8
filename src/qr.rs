//! QR codes, drawn: as SVG for pages, as PNG for mail, whose readers show no SVG.

use std::io::Write as _;

use flate2::write::ZlibEncoder;
use flate2::{Compression, Crc};
use qrcode::bits::encode_auto;
use qrcode::canvas::{Canvas, MaskPattern};
use qrcode::ec::construct_codewords;
use qrcode::{Color, EcLevel, QrResult};

/// The margin that the standard asks for around a code.
const QUIET_ZONE_MODULES: usize = 4;
/// A side of an SVG as it is shown, unless a page says otherwise.
const SVG_PIXELS: u32 = 200;
/// A side of a module of a PNG.
const MODULE_PIXELS: usize = 4;
/// What every PNG begins with.
const PNG_SIGNATURE: [u8; 8] = [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a];

/// A QR code as SVG; empty if the text is too long for one, which a ticket's never is.
pub fn svg(text: &str) -> String {
    let drawn = modules(text);
    drawn.map_or_else(
        |_too_long| String::new(),
        |(modules, width)| svg_of(&modules, width),
    )
}

/// A QR code as PNG, black on white; empty if the text is too long for one.
pub fn png(text: &str) -> Vec<u8> {
    let drawn = modules(text);
    drawn.map_or_else(|_too_long| Vec::new(), |(modules, width)| png_of(&modules, width))
}

/// The modules, row by row, and how many there are in a row. Drawn with a fixed mask: readers take any of the eight, and to weigh
/// them all takes most of the time of drawing.
fn modules(text: &str) -> QrResult<(Vec<Color>, usize)> {
    let level = EcLevel::M;
    let bits = encode_auto(text.as_bytes(), level)?;
    let version = bits.version();
    let (data, correction) = construct_codewords(&bits.into_bytes(), version, level)?;
    let mut canvas = Canvas::new(version, level);
    canvas.draw_all_functional_patterns();
    canvas.draw_data(&data, &correction);
    canvas.apply_mask(MaskPattern::Checkerboard);
    let width = usize::try_from(version.width()).unwrap_or_default();
    Ok((canvas.into_colors(), width))
}

/// Dark modules as strokes, a run of them each, from one to the next: a fraction of a rectangle a module. Single quotes, as
/// it goes into JSON.
fn svg_of(modules: &[Color], width: usize) -> String {
    let side = width + 2 * QUIET_ZONE_MODULES;
    let mut svg = format!(
        "<svg xmlns='http://www.w3.org/2000/svg' width='{SVG_PIXELS}' height='{SVG_PIXELS}' viewBox='0 0 {side} {side}' \
         shape-rendering='crispEdges'><path fill='#fff' d='M0 0h{side}v{side}H0z'/><path stroke='#000' d='"
    );
    svg.reserve(modules.len() * 4);
    for (row, modules) in modules.chunks(width).enumerate() {
        svg.push('M');
        push_number(&mut svg, QUIET_ZONE_MODULES);
        svg.push(' ');
        push_number(&mut svg, QUIET_ZONE_MODULES + row);
        svg.push_str(".5");
        for run in modules.chunk_by(|left, right| left == right) {
            if run.first() == Some(&Color::Dark) {
                svg.push('h');
                push_number(&mut svg, run.len());
            } else {
                svg.push('m');
                push_number(&mut svg, run.len());
                svg.push_str(" 0");
            }
        }
    }
    svg.push_str("'/></svg>");
    svg
}

/// Numbers of modules have few digits, and there are hundreds in a code: `format!` takes longer than all the rest.
fn push_number(text: &mut String, number: usize) {
    if number >= 10 {
        push_number(text, number / 10);
    }
    text.push(char::from(b'0' + (number % 10) as u8));
}

/// One bit a pixel, 0 for black (<https://www.w3.org/TR/png/>).
fn png_of(modules: &[Color], width: usize) -> Vec<u8> {
    let side = (width + 2 * QUIET_ZONE_MODULES) * MODULE_PIXELS;
    let light = vec![Color::Light; width];
    let quiet = std::iter::repeat_n(light.as_slice(), QUIET_ZONE_MODULES);
    let rows = quiet.clone().chain(modules.chunks(width)).chain(quiet);
    let mut pixels = ZlibEncoder::new(Vec::new(), Compression::default());
    for row in rows {
        let line = pixel_line(row, side);
        for _ in 0..MODULE_PIXELS {
            // In memory: it never fails.
            let _written = pixels.write_all(&line);
        }
    }
    let pixels = pixels.finish().unwrap_or_default();
    let side = u32::try_from(side).unwrap_or_default().to_be_bytes();
    // Depth 1, grey, and the only methods that there are.
    let header = [side.as_slice(), &side, &[1, 0, 0, 0, 0]].concat();
    let mut png = PNG_SIGNATURE.to_vec();
    push_chunk(&mut png, *b"IHDR", &header);
    push_chunk(&mut png, *b"IDAT", &pixels);
    push_chunk(&mut png, *b"IEND", &[]);
    png
}

/// A row of modules as a line of pixels, unfiltered.
fn pixel_line(row: &[Color], side: usize) -> Vec<u8> {
    let mut line = vec![0xff; 1 + side.div_ceil(8)];
    let mut set = |at: usize, bits: u8| {
        if let Some(byte) = line.get_mut(at) {
            *byte = bits;
        }
    };
    set(0, 0);
    // A module is half a byte.
    for (number, pair) in row.chunks(2).enumerate() {
        let bits = pair.iter().zip([0xf0, 0x0f]).map(|(color, half)| match color {
            Color::Dark => half,
            Color::Light => 0,
        });
        set(1 + QUIET_ZONE_MODULES / 2 + number, !bits.sum::<u8>());
    }
    line
}

fn push_chunk(png: &mut Vec<u8>, name: [u8; 4], data: &[u8]) {
    let mut crc = Crc::new();
    crc.update(&name);
    crc.update(data);
    png.extend(u32::try_from(data.len()).unwrap_or_default().to_be_bytes());
    png.extend(name);
    png.extend(data);
    png.extend(crc.sum().to_be_bytes());
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use flate2::read::ZlibDecoder;

    use super::*;

    #[test]
    fn a_png_has_the_modules_that_were_drawn() {
        let text = "BO1.1.1024.SAZJZWBYHSTKHUE.0.S0.ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        let (modules, width) = modules(text).expect("a code");
        let png = png(text);
        let side = (width + 2 * QUIET_ZONE_MODULES) * MODULE_PIXELS;
        assert_eq!(png[..8], PNG_SIGNATURE);
        assert_eq!(png[16..20], u32::try_from(side).expect("a side").to_be_bytes());
        let at = png.windows(4).position(|bytes| bytes == b"IDAT").expect("pixels") + 4;
        let mut pixels = Vec::new();
        ZlibDecoder::new(&png[at..])
            .read_to_end(&mut pixels)
            .expect("pixels");
        let line_bytes = 1 + side.div_ceil(8);
        assert_eq!(pixels.len(), side * line_bytes);
        for y in 0..side {
            for x in 0..side {
                let is_dark = pixels[y * line_bytes + 1 + x / 8] >> (7 - x % 8) & 1 == 0;
                let module = |at: usize| (at / MODULE_PIXELS).checked_sub(QUIET_ZONE_MODULES);
                let expected = module(x).zip(module(y)).is_some_and(|(column, row)| {
                    column < width && row < width && modules[row * width + column] == Color::Dark
                });
                assert_eq!(is_dark, expected, "{x}, {y}");
            }
        }
    }

    #[test]
    fn what_is_too_long_is_not_drawn() {
        let long = "x".repeat(10_000);
        assert_eq!((svg(&long), png(&long)), (String::new(), Vec::new()));
    }
}
