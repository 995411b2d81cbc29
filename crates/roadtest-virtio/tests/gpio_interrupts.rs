// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! When interrupts are delivered: case by case, and against a model that
//! keeps the whole history of a line instead of a state.

use proptest::prelude::*;
use roadtest_model::{Edge, Level};
use roadtest_virtio::gpio::{Direction, Effect, Lines, Refused, Setup};

/// One line, watched for what is delivered.
struct Pin {
    lines: Lines<u32>,
    token: u32,
}

impl Pin {
    fn armed(level: Level, trigger: Edge) -> Self {
        let setup = Setup {
            level,
            ..Setup::default()
        };
        let mut pin = Self {
            lines: Lines::new([setup]).expect("one line"),
            token: 0,
        };
        let effects = pin.trigger(Some(trigger));
        assert_eq!(effects, [Effect::Armed { line: 0, trigger }]);
        pin
    }

    fn trigger(&mut self, trigger: Option<Edge>) -> Vec<Effect<u32>> {
        self.lines.set_trigger(0, trigger).expect("an input")
    }

    /// Whether the new level fires.
    fn set(&mut self, level: Level) -> bool {
        let effect = self.lines.set_level(0, level).expect("the line");
        matches!(effect, Some(Effect::Fired { .. }))
    }

    /// Whether unmasking fires.
    fn unmask(&mut self) -> bool {
        self.token += 1;
        match self.lines.unmask(0, self.token).expect("masked") {
            Effect::Fired { line: 0, token } => {
                assert_eq!(token, self.token);
                true
            }
            Effect::Unmasked { line: 0 } => false,
            effect => panic!("{effect:?}"),
        }
    }
}

use Level::{High, Low};

#[test]
fn level_low_fires_at_unmask_while_low() {
    let mut pin = Pin::armed(Low, Edge::LevelLow);
    assert!(pin.unmask());
    assert!(pin.unmask(), "still low");
    assert!(!pin.set(High));
    assert!(!pin.unmask());
    assert!(pin.set(Low));
}

#[test]
fn level_high_fires_when_set_and_is_silent_once_cleared() {
    let mut pin = Pin::armed(Low, Edge::LevelHigh);
    assert!(!pin.unmask());
    assert!(pin.set(High));
    assert!(!pin.set(Low));
    assert!(!pin.unmask());
}

#[test]
fn a_level_that_came_and_went_while_masked_is_not_remembered() {
    let mut pin = Pin::armed(Low, Edge::LevelHigh);
    pin.set(High);
    pin.set(Low);
    assert!(!pin.unmask());
}

#[test]
fn a_rising_edge_while_masked_fires_once_at_unmask_each_time() {
    let mut pin = Pin::armed(Low, Edge::Rising);
    assert!(!pin.set(High), "masked");
    assert!(pin.unmask());
    pin.set(Low);
    assert!(!pin.set(High), "masked again");
    assert!(pin.unmask());
    assert!(!pin.unmask());
    assert!(!pin.set(Low), "not rising");
    assert!(pin.set(High));
}

#[test]
fn a_falling_edge_is_latched_once_until_it_is_unmasked() {
    let mut pin = Pin::armed(Low, Edge::Falling);
    assert!(!pin.unmask());
    assert!(!pin.set(Low), "no change");
    assert!(!pin.set(High), "not falling");
    assert!(pin.set(Low));
    for level in [High, Low, High, Low, High] {
        assert!(!pin.set(level), "masked");
    }
    assert!(pin.unmask());
    assert!(!pin.unmask());
}

#[test]
fn both_edges_fire_and_what_comes_while_masked_fires_once_more() {
    let mut pin = Pin::armed(Low, Edge::Both);
    assert!(!pin.unmask());
    assert!(pin.set(High));
    assert!(!pin.set(Low), "masked");
    assert!(pin.unmask());
    assert!(!pin.unmask());
}

#[test]
fn the_first_edge_while_masked_is_reported_as_latched() {
    let mut pin = Pin::armed(Low, Edge::Both);
    let latched = Some(Effect::Latched { line: 0 });
    assert_eq!(pin.lines.set_level(0, High), Ok(latched));
    assert_eq!(pin.lines.set_level(0, Low), Ok(None));
}

#[test]
fn an_edge_before_the_interrupt_is_enabled_is_not_latched() {
    let mut pin = Pin::armed(Low, Edge::Rising);
    pin.trigger(None);
    pin.set(High);
    pin.trigger(Some(Edge::Rising));
    assert!(!pin.unmask());
}

#[test]
fn disabling_returns_the_buffer_and_forgets_the_edge() {
    let mut pin = Pin::armed(Low, Edge::Rising);
    assert!(!pin.unmask());
    let returned = Effect::Returned {
        line: Some(0),
        token: 1,
    };
    assert_eq!(pin.trigger(None), [Effect::Disarmed { line: 0 }, returned]);
    pin.trigger(Some(Edge::Rising));
    pin.set(High);
    assert_eq!(pin.trigger(None), [Effect::Disarmed { line: 0 }]);
    assert_eq!(pin.trigger(None), []);
    pin.trigger(Some(Edge::Rising));
    assert!(!pin.unmask());
}

#[test]
fn unmasking_a_disabled_interrupt_returns_the_buffer() {
    let mut pin = Pin::armed(Low, Edge::Rising);
    pin.trigger(None);
    let returned = Effect::Returned {
        line: Some(0),
        token: 7,
    };
    assert_eq!(pin.lines.unmask(0, 7), Ok(returned));
    assert!(pin.lines.line(0).expect("the line").is_masked());
}

#[test]
fn a_new_trigger_is_evaluated_at_once_and_the_same_one_changes_nothing() {
    let mut pin = Pin::armed(Low, Edge::Rising);
    assert!(!pin.unmask());
    let fired = Effect::Fired { line: 0, token: 1 };
    let armed = Effect::Armed {
        line: 0,
        trigger: Edge::LevelLow,
    };
    assert_eq!(pin.trigger(Some(Edge::LevelLow)), [armed, fired]);
    pin.trigger(Some(Edge::Rising));
    pin.set(High);
    assert_eq!(pin.trigger(Some(Edge::Rising)), []);
    assert!(pin.unmask(), "the latched edge is kept");
    pin.set(Low);
    pin.set(High);
    pin.trigger(Some(Edge::Falling));
    assert!(!pin.unmask(), "the edge of another trigger is not");
}

#[test]
fn outputs_have_no_interrupt_and_interrupts_no_output() {
    let mut pin = Pin::armed(Low, Edge::Rising);
    let refused = pin.lines.set_direction(0, Direction::Output);
    assert_eq!(refused, Err(Refused::InterruptEnabled { line: 0 }));
    pin.trigger(None);
    pin.lines.set_direction(0, Direction::Output).expect("free");
    let refused = pin.lines.set_trigger(0, Some(Edge::Rising));
    assert_eq!(refused, Err(Refused::OutputInterrupt { line: 0 }));
    assert_eq!(pin.trigger(None), []);
}

#[test]
fn a_reset_gives_buffers_up_and_keeps_levels() {
    let mut pin = Pin::armed(High, Edge::Rising);
    assert!(!pin.unmask());
    assert_eq!(pin.lines.reset(), [1]);
    let line = pin.lines.line(0).expect("the line");
    assert_eq!((line.trigger(), line.input()), (None, High));
}

#[test]
fn a_reset_forgets_what_the_driver_drove() {
    let mut pin = Pin::armed(Low, Edge::Rising);
    pin.trigger(None);
    pin.lines.set_direction(0, Direction::Output).expect("free");
    pin.lines.set_output(0, High).expect("the line");
    assert_eq!(pin.lines.reset(), []);
    let line = pin.lines.line(0).expect("the line");
    assert_eq!(line.direction(), Direction::Input);
    pin.lines.set_direction(0, Direction::Output).expect("free");
    let line = pin.lines.line(0).expect("the line");
    assert_eq!(line.driven(), Some(Low));
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Level(Level),
    Trigger(Option<Edge>),
    Unmask,
}

fn step() -> impl Strategy<Value = Step> {
    let level = prop_oneof![Just(Low), Just(High)];
    let trigger = prop_oneof![
        Just(Edge::Rising),
        Just(Edge::Falling),
        Just(Edge::Both),
        Just(Edge::LevelHigh),
        Just(Edge::LevelLow),
    ];
    prop_oneof![
        4 => level.prop_map(Step::Level),
        1 => prop::option::of(trigger).prop_map(Step::Trigger),
        2 => Just(Step::Unmask),
    ]
}

/// The levels that a line had since its trigger was set or its interrupt was
/// last delivered; the first is the one it had then.
struct History {
    levels: Vec<Level>,
    trigger: Option<Edge>,
    unmasked: bool,
}

impl History {
    fn wants(&self) -> bool {
        let rose = self.levels.windows(2).any(|w| w == [Low, High]);
        let fell = self.levels.windows(2).any(|w| w == [High, Low]);
        match self.trigger {
            None => false,
            Some(Edge::Rising) => rose,
            Some(Edge::Falling) => fell,
            Some(Edge::Both) => rose || fell,
            Some(Edge::LevelHigh) => self.now() == High,
            Some(Edge::LevelLow) => self.now() == Low,
        }
    }

    fn now(&self) -> Level {
        *self.levels.last().expect("never empty")
    }

    /// Whether this step delivers the interrupt.
    fn step(&mut self, step: Step) -> bool {
        match step {
            Step::Level(level) => self.levels.push(level),
            Step::Trigger(trigger) => {
                if trigger != self.trigger {
                    self.levels = vec![self.now()];
                }
                self.trigger = trigger;
                self.unmasked &= trigger.is_some();
            }
            Step::Unmask => self.unmasked = self.trigger.is_some(),
        }
        let fires = self.unmasked && self.wants();
        if fires {
            self.unmasked = false;
            self.levels = vec![self.now()];
        }
        fires
    }
}

proptest! {
    #[test]
    fn interrupts_are_delivered_as_the_history_of_the_line_demands(
        steps in prop::collection::vec(step(), 0..60),
    ) {
        let mut lines: Lines<usize> = Lines::new([Setup::default()]).expect("one line");
        let mut history = History { levels: vec![Low], trigger: None, unmasked: false };
        let mut held = std::collections::BTreeSet::new();
        for (token, step) in steps.into_iter().enumerate() {
            let effects = match step {
                Step::Level(level) => Vec::from_iter(lines.set_level(0, level).expect("the line")),
                Step::Trigger(trigger) => lines.set_trigger(0, trigger).expect("an input"),
                Step::Unmask => match lines.unmask(0, token) {
                    Ok(effect) => {
                        held.insert(token);
                        vec![effect]
                    }
                    Err((refused, back)) => {
                        prop_assert_eq!(refused, Refused::AlreadyUnmasked { line: 0 });
                        prop_assert_eq!(back, token);
                        prop_assert!(history.unmasked);
                        vec![]
                    }
                },
            };
            let mut fired = false;
            for effect in effects {
                match effect {
                    Effect::Fired { token, .. } => {
                        prop_assert!(held.remove(&token));
                        fired = true;
                    }
                    Effect::Returned { token, .. } => prop_assert!(held.remove(&token)),
                    _ => {}
                }
            }
            prop_assert_eq!(fired, history.step(step));
            prop_assert_eq!(held.len(), usize::from(history.unmasked));
            prop_assert_eq!(lines.line(0).expect("the line").is_masked(), !history.unmasked);
        }
    }
}
