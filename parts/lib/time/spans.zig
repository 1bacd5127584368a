//! Spans of time: adding them, the distance between two moments, and where units begin.
//!
//! Years to days are steps of the calendar in the moment's zone (a day later is the same time tomorrow, whatever the
//! clocks do; a month after 31 January is the last of February); hours and less are exact time.

const std = @import("std");
const part = @import("../part.zig");
const moments = @import("moment.zig");
const calendar = part.calendar;
const Moment = moments.Moment;
const Error = part.Error;
const gpa = part.gpa;

pub const Unit = enum { year, quarter, month, week, day, hour, minute, second, millisecond };

const largest = 1 << 40;

/// Months, days and nanoseconds: what every span comes down to.
pub const Span = struct {
    months: i64 = 0,
    days: i64 = 0,
    nanos: i128 = 0,

    fn put(self: *Span, amount: i64, unit: Unit) void {
        switch (unit) {
            .year => self.months += amount * 12,
            .quarter => self.months += amount * 3,
            .month => self.months += amount,
            .week => self.days += amount * 7,
            .day => self.days += amount,
            else => self.nanos += @as(i128, amount) * nanosIn(unit),
        }
    }

    pub fn of(amount: i64, unit: Unit) Span {
        var out = Span{};
        out.put(amount, unit);
        return out;
    }

    pub fn negated(self: Span) Span {
        return .{ .months = -self.months, .days = -self.days, .nanos = -self.nanos };
    }
};

pub fn nanosIn(unit: Unit) i128 {
    return switch (unit) {
        .hour => 3600 * 1_000_000_000,
        .minute => 60 * 1_000_000_000,
        .second => 1_000_000_000,
        .millisecond => 1_000_000,
        else => unreachable,
    };
}

/// `unit` in the singular or plural.
pub fn unitNamed(word: []const u8) Error!Unit {
    const singular = if (std.mem.endsWith(u8, word, "s")) word[0 .. word.len - 1] else word;
    return std.meta.stringToEnum(Unit, singular) orelse part.badInput(&.{
        "unknown unit `", word, "`; known are: years, quarters, months, weeks, days, hours, minutes, seconds, milliseconds",
    });
}

/// `amount` with `unit`, or `duration`: a map (`{days: 1}`) or a text of ISO 8601 (`P1DT2H`).
pub fn read(input: part.Input) Error!Span {
    if (input.get("duration")) |given| return switch (given) {
        .map => |map| fromMap(.{ .map = map }),
        .text => |text| fromText(text),
        else => part.wrongKind("duration", "a map such as {days: 1}, or a text such as P1DT2H", given),
    };
    const amount = try input.int("amount", -largest, largest);
    return Span.of(amount, try unitNamed(try input.text("unit")));
}

fn fromMap(map: part.Input) Error!Span {
    var out = Span{};
    for (map.map.keys()) |word| out.put(try map.intOr(word, -largest, largest, 0), try unitNamed(word));
    return out;
}

fn fromText(text: []const u8) Error!Span {
    var out = Span{};
    const negative = std.mem.startsWith(u8, text, "-");
    var rest = if (negative or std.mem.startsWith(u8, text, "+")) text[1..] else text;
    if (rest.len < 3 or rest[0] != 'P') return malformed(text);
    rest = rest[1..];
    var clock = false;
    while (rest.len > 0) {
        if (rest[0] == 'T' and !clock and rest.len > 1) {
            clock = true;
            rest = rest[1..];
        }
        const end = std.mem.indexOfNone(u8, rest, "0123456789.") orelse return malformed(text);
        const unit: Unit = switch (rest[end]) {
            'Y' => .year,
            'M' => if (clock) .minute else .month,
            'W' => .week,
            'D' => .day,
            'H' => .hour,
            'S' => .second,
            else => return malformed(text),
        };
        if (clock != (@intFromEnum(unit) >= @intFromEnum(Unit.hour))) return malformed(text);
        try putNumber(&out, rest[0..end], unit, text);
        rest = rest[end + 1 ..];
    }
    return if (negative) out.negated() else out;
}

/// Only seconds may have a fraction.
fn putNumber(out: *Span, number: []const u8, unit: Unit, text: []const u8) Error!void {
    const dot = std.mem.indexOfScalar(u8, number, '.') orelse number.len;
    const whole = std.fmt.parseInt(i64, number[0..dot], 10) catch return malformed(text);
    if (whole > largest) return moments.beyond();
    out.put(whole, unit);
    if (dot == number.len) return;
    const digits = number[dot + 1 ..];
    if (unit != .second or digits.len == 0 or digits.len > 9) return malformed(text);
    var nanos = std.fmt.parseInt(i64, digits, 10) catch return malformed(text);
    for (digits.len..9) |_| nanos *= 10;
    out.nanos += nanos;
}

fn malformed(text: []const u8) Error {
    return part.badInput(&.{ "`", text, "` is no duration; write one like P1Y2M3DT4H5M6S, P2W or PT90S" });
}

pub fn add(moment: Moment, span: Span) Error!Moment {
    var out = moment;
    if (span.months != 0 or span.days != 0) {
        const local = moment.local();
        const days = (try monthsLater(moment.date(), span.months)).days() + span.days;
        if (@abs(days) > 1 << 32) return moments.beyond();
        out = try Moment.ofLocal(.{ .days = days, .seconds = local.seconds, .nanos = local.nanos }, moment.zone, .compatible);
    }
    if (span.nanos == 0) return out;
    const seconds = @divFloor(span.nanos, 1_000_000_000);
    if (@abs(seconds) > 1 << 40) return moments.beyond();
    return Moment.at(out.unix + @as(i64, @intCast(seconds)), out.nanos + @as(i64, @intCast(@mod(span.nanos, 1_000_000_000))), out.zone);
}

/// The same day some months later, or the month's last when it is shorter.
fn monthsLater(date: calendar.Date, months: i64) Error!calendar.Date {
    if (@abs(months) > 120_000) return moments.beyond();
    const month = date.year * 12 + date.month - 1 + months;
    const year = @divFloor(month, 12);
    const of_year = @mod(month, 12) + 1;
    if (year < 1 or year > 9999) return moments.beyond();
    return .{ .year = year, .month = of_year, .day = @min(date.day, calendar.daysInMonth(year, of_year)) };
}

/// How many whole units lie between two moments, negative when `to` is the earlier one.
pub fn between(from: Moment, to: Moment, unit: Unit) Error!i64 {
    const exact = to.sinceEpoch() - from.sinceEpoch();
    switch (unit) {
        .hour, .minute, .second, .millisecond => return @intCast(@divTrunc(exact, nanosIn(unit))),
        else => {},
    }
    const goal = to.in(from.zone);
    const sign: i64 = if (exact < 0) -1 else 1;
    const one: i64 = switch (unit) {
        .year => 12,
        .quarter => 3,
        .week => 7,
        else => 1,
    };
    if (unit == .year or unit == .quarter or unit == .month) return @divTrunc(wholeMonths(from, goal, sign), one);
    var count = goal.local().days - from.local().days;
    // The days on the calendar may be one more than the time of day allows.
    while (count * sign > 0 and try passes(from, goal, Span.of(count, .day), sign)) count -= sign;
    return @divTrunc(count, one);
}

/// A month is whole when the same day and time is reached: from 31 January it is not on 28 February.
fn wholeMonths(from: Moment, goal: Moment, sign: i64) i64 {
    const months = monthsOf(goal) - monthsOf(from);
    const a = from.local();
    const b = goal.local();
    const ahead = (goal.date().day - from.date().day) * calendar.day_s + b.seconds - a.seconds;
    const short = ahead * sign < 0 or (ahead == 0 and (b.nanos - a.nanos) * sign < 0);
    return if (short and months != 0) months - sign else months;
}

fn monthsOf(moment: Moment) i64 {
    const date = moment.date();
    return date.year * 12 + date.month;
}

fn passes(from: Moment, goal: Moment, span: Span, sign: i64) Error!bool {
    const found = (try add(from, span)).order(goal);
    return found == (if (sign > 0) std.math.Order.gt else std.math.Order.lt);
}

/// The distance as a duration of ISO 8601: whole months, then whole days, then exact time.
pub fn duration(from: Moment, to: Moment) Error![]const u8 {
    const months = try between(from, to, .month);
    const later = try add(from, Span.of(months, .month));
    const days = try between(later, to, .day);
    const rest = to.sinceEpoch() - (try add(later, Span.of(days, .day))).sinceEpoch();
    var out: std.ArrayList(u8) = .empty;
    if (to.order(from) == .lt) try out.append(gpa, '-');
    try out.append(gpa, 'P');
    const size = @abs(months);
    try counted(&out, size / 12, 'Y');
    try counted(&out, size % 12, 'M');
    try counted(&out, @abs(days), 'D');
    try clockPart(&out, @abs(rest));
    if (out.items[out.items.len - 1] == 'P') try out.appendSlice(gpa, "T0S");
    return out.items;
}

fn clockPart(out: *std.ArrayList(u8), nanos: u128) Error!void {
    if (nanos == 0) return;
    const seconds = nanos / 1_000_000_000;
    const fraction = nanos % 1_000_000_000;
    try out.append(gpa, 'T');
    try counted(out, seconds / 3600, 'H');
    try counted(out, seconds / 60 % 60, 'M');
    if (fraction == 0) return counted(out, seconds % 60, 'S');
    var buffer: [32]u8 = undefined;
    const text = std.fmt.bufPrint(&buffer, "{d}.{d:0>9}", .{ @as(u64, @intCast(seconds % 60)), @as(u64, @intCast(fraction)) }) catch unreachable;
    try out.appendSlice(gpa, std.mem.trimRight(u8, text, "0"));
    try out.append(gpa, 'S');
}

fn counted(out: *std.ArrayList(u8), value: anytype, letter: u8) Error!void {
    if (value == 0) return;
    try out.appendSlice(gpa, (try part.integer(@as(u64, @intCast(value)))).number);
    try out.append(gpa, letter);
}

/// Where the unit begins that a moment lies in, by the clock of its zone.
pub fn startOf(moment: Moment, unit: Unit, sunday_first: bool) Error!Moment {
    const local = moment.local();
    const date = moment.date();
    const day = switch (unit) {
        .year => (calendar.Date{ .year = date.year, .month = 1, .day = 1 }).days(),
        .quarter => (calendar.Date{ .year = date.year, .month = date.month - @mod(date.month - 1, 3), .day = 1 }).days(),
        .month => (calendar.Date{ .year = date.year, .month = date.month, .day = 1 }).days(),
        .week => local.days - @mod(calendar.weekday(local.days) - @as(i64, if (sunday_first) 0 else 1), 7),
        .day => local.days,
        .hour => return Moment.at(moment.unix - @mod(local.seconds, 3600), 0, moment.zone),
        .minute => return Moment.at(moment.unix - @mod(local.seconds, 60), 0, moment.zone),
        .second => return Moment.at(moment.unix, 0, moment.zone),
        .millisecond => return Moment.at(moment.unix, moment.nanos - @mod(moment.nanos, 1_000_000), moment.zone),
    };
    return Moment.ofLocal(.{ .days = day, .seconds = 0, .nanos = 0 }, moment.zone, .compatible);
}

/// The last millisecond of that unit.
pub fn endOf(moment: Moment, unit: Unit, sunday_first: bool) Error!Moment {
    const start = try startOf(moment, unit, sunday_first);
    const next = try add(.{ .unix = start.unix, .nanos = start.nanos, .zone = start.zone }, Span.of(1, unit));
    // A day that begins late, because of a gap at midnight, still ends where the next one begins.
    const begins = if (@intFromEnum(unit) <= @intFromEnum(Unit.day)) try startOf(next, .day, sunday_first) else next;
    return Moment.at(begins.unix, begins.nanos - 1_000_000, begins.zone);
}
