//! What holds behind the last change of a zone, from a POSIX TZ string: one offset for ever (`<+0530>-5:30`), or two
//! that take turns (`CET-1CEST,M3.5.0,M10.5.0/3`: the last Sunday in March, the last Sunday in October at 3).
//! The generator has made sure that no other kinds of rules come here.

const std = @import("std");
const part = @import("../part.zig");
const calendar = part.calendar;

/// The `week`th (5: last) `weekday` (0: Sunday) of a month, some seconds after its midnight.
const Turn = struct {
    month: i64 = 0,
    week: i64 = 0,
    weekday: i64 = 0,
    seconds: i64 = 7200,

    /// Seconds since 1970 by the clock on the wall before the turn.
    fn at(self: Turn, year: i64) i64 {
        const first = (calendar.Date{ .year = year, .month = self.month, .day = 1 }).days();
        const to_weekday = @mod(self.weekday - @mod(calendar.weekday(first), 7), 7);
        var day = to_weekday + (self.week - 1) * 7;
        if (day >= calendar.daysInMonth(year, self.month)) day -= 7;
        return (first + day) * calendar.day_s + self.seconds;
    }
};

pub const Rule = struct {
    standard: i64,
    summer: ?i64 = null,
    begins: Turn = .{},
    ends: Turn = .{},

    pub fn offsetAt(self: Rule, unix: i64) i64 {
        const summer = self.summer orelse return self.standard;
        const year = calendar.of(@divFloor(unix + self.standard, calendar.day_s)).year;
        const begin = self.begins.at(year) - self.standard;
        const end = self.ends.at(year) - summer;
        const in_summer = if (begin < end) unix >= begin and unix < end else unix >= begin or unix < end;
        return if (in_summer) summer else self.standard;
    }

    pub fn parse(text: []const u8) Rule {
        var reader = Reader{ .text = text };
        reader.name();
        var rule = Rule{ .standard = -reader.duration() };
        if (reader.done()) return rule;
        reader.name();
        rule.summer = if (reader.next(',')) rule.standard + 3600 else -reader.duration();
        rule.begins = reader.turn();
        rule.ends = reader.turn();
        return rule;
    }
};

const Reader = struct {
    text: []const u8,
    at: usize = 0,

    fn done(self: *Reader) bool {
        return self.at >= self.text.len;
    }

    fn next(self: *Reader, wanted: u8) bool {
        return !self.done() and self.text[self.at] == wanted;
    }

    fn take(self: *Reader, wanted: u8) bool {
        const found = self.next(wanted);
        if (found) self.at += 1;
        return found;
    }

    fn name(self: *Reader) void {
        if (self.take('<')) {
            while (!self.take('>')) self.at += 1;
        } else while (!self.done() and std.ascii.isAlphabetic(self.text[self.at])) self.at += 1;
    }

    fn number(self: *Reader) i64 {
        var out: i64 = 0;
        while (!self.done() and std.ascii.isDigit(self.text[self.at])) : (self.at += 1) out = out * 10 + (self.text[self.at] - '0');
        return out;
    }

    /// Hours, and minutes and seconds behind colons.
    fn duration(self: *Reader) i64 {
        const negative = self.take('-');
        if (!negative) _ = self.take('+');
        var out = self.number() * 3600;
        if (self.take(':')) out += self.number() * 60;
        if (self.take(':')) out += self.number();
        return if (negative) -out else out;
    }

    fn turn(self: *Reader) Turn {
        self.at += 2; // ,M
        var out = Turn{ .month = self.number() };
        self.at += 1;
        out.week = self.number();
        self.at += 1;
        out.weekday = self.number();
        if (self.take('/')) out.seconds = self.duration();
        return out;
    }
};
