// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The state of all lines, without bytes and rings: who drives what, and when
//! an interrupt is delivered. An interrupt is masked unless a buffer of the
//! event queue is available for its line; the buffer is a token here, which is
//! returned in an [`Effect`].
//!
//! | trigger | line changes while unmasked | while masked | at unmask |
//! |---|---|---|---|
//! | rising, falling, both | a matching edge fires | a matching edge is latched, once | fires if one is latched |
//! | level | the active level fires | nothing | fires if the level is active |
//! | none | nothing | nothing | the buffer is returned |

use roadtest_model::{Edge, Level};

use crate::gpio::config::{BadLines, Config};
use crate::gpio::effect::{Effect, Refused};
use crate::gpio::request::Direction;

/// A line as it is when the device starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setup {
    /// The name that the driver sees; empty for none.
    pub name: String,
    /// The direction until the driver sets one.
    pub direction: Direction,
    /// The level that the line has from outside.
    pub level: Level,
}

impl Default for Setup {
    /// An unnamed, low input.
    fn default() -> Self {
        Self {
            name: String::new(),
            direction: Direction::Input,
            level: Level::Low,
        }
    }
}

/// One line.
#[derive(Clone, Debug)]
pub struct Line<T> {
    name: String,
    /// The direction until the driver sets one.
    initial: Direction,
    direction: Direction,
    /// What the driver drives, once the line is an output.
    output: Level,
    /// What drives the line from outside.
    input: Level,
    trigger: Option<Edge>,
    latched: bool,
    parked: Option<T>,
}

impl<T> Line<T> {
    /// The name; empty for none.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The direction.
    pub const fn direction(&self) -> Direction {
        self.direction
    }

    /// What the driver drives: nothing unless the line is an output.
    pub const fn driven(&self) -> Option<Level> {
        match self.direction {
            Direction::Output => Some(self.output),
            Direction::None | Direction::Input => None,
        }
    }

    /// The level that the line has from outside.
    pub const fn input(&self) -> Level {
        self.input
    }

    /// What the interrupt reacts to, if it is enabled.
    pub const fn trigger(&self) -> Option<Edge> {
        self.trigger
    }

    /// Whether the interrupt is masked: no buffer is parked.
    pub const fn is_masked(&self) -> bool {
        self.parked.is_none()
    }

    /// Whether an edge is remembered for the next unmask.
    pub const fn is_latched(&self) -> bool {
        self.latched
    }

    /// What the driver reads.
    pub(crate) fn value(&self) -> Level {
        self.driven().unwrap_or(self.input)
    }

    fn pending(&self) -> bool {
        match self.trigger {
            Some(Edge::LevelHigh) => self.input == Level::High,
            Some(Edge::LevelLow) => self.input == Level::Low,
            Some(Edge::Rising | Edge::Falling | Edge::Both) => self.latched,
            None => false,
        }
    }

    /// Delivers what is pending if it may be delivered.
    fn deliver(&mut self, line: u16) -> Option<Effect<T>> {
        if !self.pending() {
            return None;
        }
        let token = self.parked.take()?;
        self.latched = false;
        Some(Effect::Fired { line, token })
    }

    fn return_buffer(&mut self, line: u16) -> Option<Effect<T>> {
        let token = self.parked.take()?;
        let line = Some(line);
        Some(Effect::Returned { line, token })
    }

    fn disarm(&mut self, line: u16, effects: &mut Vec<Effect<T>>) {
        self.latched = false;
        if self.trigger.take().is_some() {
            effects.push(Effect::Disarmed { line });
        }
        effects.extend(self.return_buffer(line));
    }
}

/// All lines of a device; `T` identifies a chain of the event queue.
#[derive(Clone, Debug)]
pub struct Lines<T> {
    lines: Vec<Line<T>>,
    config: Config,
}

impl<T> Lines<T> {
    /// Lines as they are when the device starts, numbered from 0.
    ///
    /// # Errors
    /// [`BadLines`] where a device cannot have them.
    pub fn new(setups: impl IntoIterator<Item = Setup>) -> Result<Self, BadLines> {
        let lines: Vec<Line<T>> = setups
            .into_iter()
            .map(|setup| Line {
                name: setup.name,
                initial: setup.direction,
                direction: setup.direction,
                output: Level::Low,
                input: setup.level,
                trigger: None,
                latched: false,
                parked: None,
            })
            .collect();
        let names: Vec<&str> = lines.iter().map(Line::name).collect();
        let config = Config::new(&names)?;
        Ok(Self { lines, config })
    }

    /// The configuration space and the names.
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// One line.
    ///
    /// # Errors
    /// [`Refused::NoLine`].
    pub fn line(&self, line: u16) -> Result<&Line<T>, Refused> {
        let lines = self.lines.len();
        self.lines
            .get(usize::from(line))
            .ok_or(Refused::NoLine { line, lines })
    }

    fn line_mut(&mut self, line: u16) -> Result<&mut Line<T>, Refused> {
        let lines = self.lines.len();
        self.lines
            .get_mut(usize::from(line))
            .ok_or(Refused::NoLine { line, lines })
    }

    /// The line has this level from outside now. The driver's own output does
    /// not matter, and is not changed.
    ///
    /// # Errors
    /// [`Refused::NoLine`].
    pub fn set_level(&mut self, line: u16, level: Level) -> Result<Option<Effect<T>>, Refused> {
        let state = self.line_mut(line)?;
        if state.input == level {
            return Ok(None);
        }
        state.input = level;
        let edge = match state.trigger {
            Some(Edge::Rising) => level == Level::High,
            Some(Edge::Falling) => level == Level::Low,
            Some(Edge::Both) => true,
            Some(Edge::LevelHigh | Edge::LevelLow) | None => false,
        };
        let first = edge && !state.latched;
        state.latched |= edge;
        let fired = state.deliver(line);
        Ok(match fired {
            None if first => Some(Effect::Latched { line }),
            fired => fired,
        })
    }

    /// The driver sets the direction. `None` makes the device forget what the
    /// driver set for the line.
    ///
    /// # Errors
    /// There is no such line, or its interrupt is enabled and it would become
    /// an output.
    pub fn set_direction(
        &mut self,
        line: u16,
        direction: Direction,
    ) -> Result<Vec<Effect<T>>, Refused> {
        let state = self.line_mut(line)?;
        let mut effects = Vec::new();
        match direction {
            Direction::Output if state.trigger.is_some() => {
                return Err(Refused::InterruptEnabled { line });
            }
            Direction::None => {
                state.disarm(line, &mut effects);
                state.output = Level::Low;
            }
            Direction::Output | Direction::Input => {}
        }
        if state.direction != direction {
            state.direction = direction;
            effects.push(Effect::DirectionChanged { line, direction });
            effects.extend(
                state
                    .driven()
                    .map(|level| Effect::OutputChanged { line, level }),
            );
        }
        Ok(effects)
    }

    /// The driver sets what it drives, now or once the line is an output.
    ///
    /// # Errors
    /// [`Refused::NoLine`].
    pub fn set_output(&mut self, line: u16, level: Level) -> Result<Option<Effect<T>>, Refused> {
        let state = self.line_mut(line)?;
        let before = state.driven();
        state.output = level;
        let changed = before.is_some_and(|before| before != level);
        Ok(changed.then_some(Effect::OutputChanged { line, level }))
    }

    /// The driver enables the interrupt, changes its trigger, or disables it
    /// with `None`. A new trigger forgets a latched edge; the same one again
    /// changes nothing.
    ///
    /// # Errors
    /// There is no such line, or it is an output.
    pub fn set_trigger(
        &mut self,
        line: u16,
        trigger: Option<Edge>,
    ) -> Result<Vec<Effect<T>>, Refused> {
        let state = self.line_mut(line)?;
        let mut effects = Vec::new();
        match trigger {
            None => state.disarm(line, &mut effects),
            // Why outputs only: a kernel that uses a line for nothing but its
            // interrupt never sets its direction.
            Some(_) if state.direction == Direction::Output => {
                return Err(Refused::OutputInterrupt { line });
            }
            Some(trigger) if state.trigger != Some(trigger) => {
                state.trigger = Some(trigger);
                state.latched = false;
                effects.push(Effect::Armed { line, trigger });
                // Why: the specification wants the interrupt disabled before
                // its trigger changes, but Linux changes it in place, so a
                // buffer can be parked.
                effects.extend(state.deliver(line));
            }
            Some(_) => {}
        }
        Ok(effects)
    }

    /// The driver unmasks the interrupt with a buffer, `token`.
    ///
    /// # Errors
    /// There is no such line, or a buffer is parked for it already; `token`
    /// goes back with the reason.
    pub fn unmask(&mut self, line: u16, token: T) -> Result<Effect<T>, (Refused, T)> {
        let state = match self.line_mut(line) {
            Ok(state) => state,
            Err(refused) => return Err((refused, token)),
        };
        if state.parked.is_some() {
            return Err((Refused::AlreadyUnmasked { line }, token));
        }
        if state.trigger.is_none() {
            let line = Some(line);
            return Ok(Effect::Returned { line, token });
        }
        state.parked = Some(token);
        Ok(state.deliver(line).unwrap_or(Effect::Unmasked { line }))
    }

    /// The driver reset the device: lines forget what the driver set, and keep
    /// their level from outside. The tokens of parked buffers come back; the
    /// rings that they belong to are gone, so there is nothing to complete.
    pub fn reset(&mut self) -> Vec<T> {
        self.lines
            .iter_mut()
            .filter_map(|line| {
                line.direction = line.initial;
                line.output = Level::Low;
                line.trigger = None;
                line.latched = false;
                line.parked.take()
            })
            .collect()
    }
}
