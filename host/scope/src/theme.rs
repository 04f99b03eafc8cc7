//! Colours and sizes. The colours of meaning are those of Okabe and Ito, which colour-blind people can tell apart, and
//! no meaning rests on a colour alone: words or a pattern always stand beside it.

use egui::{Color32, FontId, Stroke, TextStyle, Visuals};
use ichiscope_verdict::{PhaseKind, Verdict};

/// The colours of one theme.
#[derive(Clone, Copy, Debug)]
pub struct Palette {
    /// Behind the lanes.
    pub ground: Color32,
    /// Behind panels.
    pub panel: Color32,
    /// Behind every other lane.
    pub stripe: Color32,
    /// Cards and bars.
    pub card: Color32,
    /// Text.
    pub text: Color32,
    /// Text of lesser weight.
    pub weak: Color32,
    /// Lines between things.
    pub rule: Color32,
    /// A line's level.
    pub trace: Color32,
    /// Something was lost here.
    pub gap: Color32,
    /// The playhead.
    pub playhead: Color32,
    /// What lies after the playhead.
    pub veil: Color32,
    /// The cursors.
    pub cursor: Color32,
    /// What is chosen.
    pub chosen: Color32,
    /// Good.
    pub good: Color32,
    /// To be looked at.
    pub warn: Color32,
    /// Bad.
    pub bad: Color32,
    /// Neither.
    pub neutral: Color32,
    /// The hub's share of a time.
    pub hub: Color32,
    /// The meter's share of a time.
    pub meter: Color32,
}

const DARK: Palette = Palette {
    ground: Color32::from_rgb(13, 17, 23),
    panel: Color32::from_rgb(22, 27, 34),
    stripe: Color32::from_rgb(18, 23, 31),
    card: Color32::from_rgb(33, 40, 50),
    text: Color32::from_rgb(236, 240, 245),
    weak: Color32::from_rgb(164, 174, 187),
    rule: Color32::from_rgb(56, 65, 78),
    trace: Color32::from_rgb(120, 200, 240),
    gap: Color32::from_rgb(255, 48, 64),
    playhead: Color32::from_rgb(240, 228, 66),
    veil: Color32::from_rgba_premultiplied(9, 12, 16, 175),
    cursor: Color32::from_rgb(230, 160, 255),
    chosen: Color32::from_rgb(255, 255, 255),
    good: Color32::from_rgb(46, 196, 150),
    warn: Color32::from_rgb(240, 180, 50),
    bad: Color32::from_rgb(242, 118, 38),
    neutral: Color32::from_rgb(150, 160, 175),
    hub: Color32::from_rgb(86, 180, 233),
    meter: Color32::from_rgb(204, 121, 167),
};

const LIGHT: Palette = Palette {
    ground: Color32::from_rgb(255, 255, 255),
    panel: Color32::from_rgb(243, 245, 248),
    stripe: Color32::from_rgb(247, 249, 251),
    card: Color32::from_rgb(228, 233, 239),
    text: Color32::from_rgb(18, 24, 32),
    weak: Color32::from_rgb(82, 92, 105),
    rule: Color32::from_rgb(196, 204, 214),
    trace: Color32::from_rgb(0, 94, 150),
    gap: Color32::from_rgb(214, 0, 28),
    playhead: Color32::from_rgb(120, 90, 0),
    veil: Color32::from_rgba_premultiplied(190, 190, 190, 190),
    cursor: Color32::from_rgb(120, 40, 160),
    chosen: Color32::from_rgb(0, 0, 0),
    good: Color32::from_rgb(0, 122, 92),
    warn: Color32::from_rgb(166, 106, 0),
    bad: Color32::from_rgb(196, 78, 0),
    neutral: Color32::from_rgb(98, 108, 122),
    hub: Color32::from_rgb(0, 114, 178),
    meter: Color32::from_rgb(168, 72, 124),
};

impl Palette {
    /// The palette of the dark or of the light theme.
    pub const fn of(dark: bool) -> Palette {
        if dark { DARK } else { LIGHT }
    }

    /// A verdict's colour. Its words always stand beside it.
    pub const fn verdict(&self, verdict: Verdict) -> Color32 {
        match verdict {
            Verdict::Pass => self.good,
            Verdict::ConditionalPass | Verdict::AtRisk | Verdict::Inconclusive => self.warn,
            Verdict::Fail | Verdict::ConditionalFail => self.bad,
            Verdict::NotApplicable | Verdict::MainsLoss | Verdict::ChRemoved => self.neutral,
        }
    }

    /// A phase's colour; neighbours in the order of phases differ.
    pub fn phase(&self, kind: PhaseKind) -> Color32 {
        let wheel = [self.hub, self.meter, self.good, self.warn, self.neutral];
        wheel[kind as usize % wheel.len()]
    }
}

/// Size of the small text, points.
pub const SMALL: f32 = 13.0;
/// Size of the text, points.
pub const BODY: f32 = 15.0;
/// Size of figures that are to be read from afar, points.
pub const FIGURE: f32 = 22.0;
/// Size of the verdict, points.
pub const VERDICT: f32 = 38.0;

/// A proportional font.
pub const fn font(size: f32) -> FontId {
    FontId::proportional(size)
}

/// Sets colours and sizes of all widgets.
pub fn install(ctx: &egui::Context, dark: bool) {
    let palette = Palette::of(dark);
    ctx.set_theme(if dark { egui::Theme::Dark } else { egui::Theme::Light });
    ctx.all_styles_mut(|style| {
        style.text_styles.insert(TextStyle::Body, font(BODY));
        style.text_styles.insert(TextStyle::Button, font(BODY));
        style.text_styles.insert(TextStyle::Small, font(SMALL));
        style.text_styles.insert(TextStyle::Heading, font(20.0));
        style.text_styles.insert(TextStyle::Monospace, FontId::monospace(BODY));
        style.spacing.button_padding = egui::vec2(9.0, 5.0);
        style.spacing.item_spacing = egui::vec2(7.0, 5.0);
        style.visuals = visuals(&palette, dark);
    });
}

fn visuals(palette: &Palette, dark: bool) -> Visuals {
    let mut visuals = if dark { Visuals::dark() } else { Visuals::light() };
    visuals.override_text_color = Some(palette.text);
    visuals.weak_text_color = Some(palette.weak);
    visuals.panel_fill = palette.panel;
    visuals.window_fill = palette.panel;
    visuals.extreme_bg_color = palette.ground;
    visuals.window_stroke = Stroke::new(1.0, palette.rule);
    visuals.widgets.noninteractive.bg_stroke = Stroke::new(1.0, palette.rule);
    visuals.widgets.inactive.weak_bg_fill = palette.card;
    visuals.widgets.inactive.bg_fill = palette.card;
    visuals.widgets.hovered.weak_bg_fill = palette.rule;
    visuals.widgets.active.weak_bg_fill = palette.rule;
    visuals.selection.bg_fill =
        if dark { Color32::from_rgb(22, 82, 130) } else { Color32::from_rgb(176, 212, 240) };
    visuals
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance of WCAG 2.
    fn luminance(c: Color32) -> f64 {
        let channel = |v: u8| {
            let v = f64::from(v) / 255.0;
            if v <= 0.03928 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * channel(c.r()) + 0.7152 * channel(c.g()) + 0.0722 * channel(c.b())
    }

    fn contrast(a: Color32, b: Color32) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn everything_that_is_read_has_enough_contrast() {
        for p in [DARK, LIGHT] {
            for ground in [p.ground, p.panel, p.stripe] {
                assert!(contrast(p.text, ground) >= 7.0);
                for c in [p.weak, p.cursor, p.good, p.warn, p.bad, p.trace, p.neutral] {
                    assert!(contrast(c, ground) >= 3.9, "{c:?} on {ground:?}: {}", contrast(c, ground));
                }
            }
        }
    }
}
