//! What people and programs write for a date, read: ISO 8601 (RFC 3339, and RFC 9557 with `[Zone]`), the dates of mail
//! and HTTP (RFC 5322), Unix times. Anything else needs a pattern; nothing is guessed (`03/04/2026` is refused).

const std = @import("std");
const part = @import("../part.zig");
const zones = @import("zones.zig");
const moments = @import("moment.zig");
const patterns = @import("patterns.zig");
const calendar = part.calendar;
const Moment = moments.Moment;
const Value = part.Value;
const Error = part.Error;
const gpa = part.gpa;

pub const Unit = enum { s, ms };

/// What a text said: a local time, and perhaps how far from UTC or in which zone.
pub const Found = struct {
    year: i64 = 1970,
    month: i64 = 1,
    day: i64 = 1,
    seconds: i64 = 0,
    nanos: i64 = 0,
    offset: ?i64 = null,
    zone: ?[]const u8 = null,
};

/// How an input wants its dates to be read.
pub const Reading = struct {
    zone: ?zones.Zone,
    choice: moments.Choice,
    unit: Unit,
    pattern: ?[]const u8 = null,

    pub fn of(input: part.Input) Error!Reading {
        return .{
            .zone = if (try input.optionalText("zone")) |name| try moments.zoneNamed(name) else null,
            .choice = try input.choice("disambiguation", moments.Choice, .compatible),
            .unit = try input.choice("unix_unit", Unit, .ms),
        };
    }

    pub fn moment(self: Reading, value: Value, field: []const u8) Error!Moment {
        return switch (value) {
            .number => |text| self.unix(text),
            .text => |text| self.resolve(try self.read(text, field)),
            else => part.wrongKind(field, "a date as a text, or a Unix time", value),
        };
    }

    fn read(self: Reading, text: []const u8, field: []const u8) Error!Found {
        if (self.pattern) |pattern| return patterns.parse(text, pattern);
        const trimmed = std.mem.trim(u8, text, " \t\r\n");
        var iso = Scanner{ .text = trimmed };
        if (iso.iso8601()) |found| return checked(found, trimmed);
        var mail = Scanner{ .text = trimmed };
        if (mail.mail()) |found| return checked(found, trimmed);
        return part.fail("not_a_date", &.{
            "`", field, "` is no date that can be read: `", text, "`; write it like 2026-03-29T02:30:00+01:00, or say how it is written with `pattern`",
        });
    }

    /// Seconds or milliseconds since 1970, with or without a fraction.
    fn unix(self: Reading, text: []const u8) Error!Moment {
        const number = try part.decimal.parse(text);
        if (number.magnitude() > 16) return moments.beyond();
        const scale = try part.decimal.fromInt(if (self.unit == .s) 1_000_000_000 else 1_000_000);
        const exact = try part.arithmetic.checked(part.decimal.multiply(number, scale));
        const rounded = try part.arithmetic.checked(part.decimal.roundTo(exact, 0, .half_even));
        const nanos = std.fmt.parseInt(i128, try part.decimal.format(rounded), 10) catch return moments.beyond();
        const zone = self.zone orelse zones.Zone.fixed("UTC", 0);
        return Moment.at(@intCast(@divFloor(nanos, 1_000_000_000)), @intCast(@mod(nanos, 1_000_000_000)), zone);
    }

    fn resolve(self: Reading, found: Found) Error!Moment {
        const days = (calendar.Date{ .year = found.year, .month = found.month, .day = found.day }).days();
        const said = if (found.zone) |name| try moments.zoneNamed(name) else null;
        if (found.offset) |offset| {
            const fixed = zones.Zone.fixed(if (offset == 0) "UTC" else "offset", offset);
            return Moment.at(days * calendar.day_s + found.seconds - offset, found.nanos, self.zone orelse said orelse fixed);
        }
        const spoken = said orelse self.zone orelse zones.Zone.fixed("UTC", 0);
        const moment_ = try Moment.ofLocal(.{ .days = days, .seconds = found.seconds, .nanos = found.nanos }, spoken, self.choice);
        return moment_.in(self.zone orelse spoken);
    }
};

/// Refuses days and hours that no calendar and no clock has.
pub fn checked(found: Found, text: []const u8) Error!Found {
    const date = found.year >= 1 and found.year <= 9999 and found.month >= 1 and found.month <= 12 and found.day >= 1 and
        found.day <= calendar.daysInMonth(found.year, found.month);
    if (date and found.seconds <= calendar.day_s) return found;
    return part.fail("not_a_date", &.{ "`", text, "` names a day or a time that does not exist" });
}

pub const months = [_][]const u8{
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
};
pub const weekdays = [_][]const u8{ "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday" };

/// The place of a name in a list, from 1, by its first three letters or all of them.
pub fn nameIn(list: []const []const u8, word: []const u8) ?i64 {
    for (list, 1..) |name, i| {
        if (std.ascii.eqlIgnoreCase(name, word) or std.ascii.eqlIgnoreCase(name[0..3], word)) return @intCast(i);
    }
    return null;
}

pub const Scanner = struct {
    text: []const u8,
    at: usize = 0,

    pub fn rest(self: *Scanner) []const u8 {
        return self.text[self.at..];
    }

    pub fn take(self: *Scanner, wanted: u8) bool {
        const found = self.at < self.text.len and self.text[self.at] == wanted;
        if (found) self.at += 1;
        return found;
    }

    /// A number of at least `least` and at most `most` digits.
    pub fn digits(self: *Scanner, least: usize, most: usize) ?i64 {
        const start = self.at;
        while (self.at < self.text.len and self.at - start < most and std.ascii.isDigit(self.text[self.at])) self.at += 1;
        if (self.at - start < least) return null;
        return std.fmt.parseInt(i64, self.text[start..self.at], 10) catch null;
    }

    pub fn word(self: *Scanner) []const u8 {
        const start = self.at;
        while (self.at < self.text.len and std.ascii.isAlphabetic(self.text[self.at])) self.at += 1;
        return self.text[start..self.at];
    }

    fn iso8601(self: *Scanner) ?Found {
        var found = Found{ .year = self.digits(4, 4) orelse return null };
        const dashes = self.take('-');
        if (dashes or self.rest().len >= 4) {
            found.month = self.digits(2, 2) orelse return null;
            if (dashes and !self.take('-')) return if (self.rest().len == 0) found else null;
            found.day = self.digits(2, 2) orelse return null;
        }
        if (self.rest().len == 0) return found;
        if (!(self.take('T') or self.take('t') or self.take(' '))) return null;
        self.clock(&found) orelse return null;
        self.suffix(&found) orelse return null;
        return if (self.rest().len == 0) found else null;
    }

    pub fn clock(self: *Scanner, found: *Found) ?void {
        found.seconds = (self.digits(2, 2) orelse return null) * 3600;
        if (found.seconds > 24 * 3600) return null;
        const colons = self.take(':');
        const more = colons or (self.rest().len > 0 and std.ascii.isDigit(self.rest()[0]));
        if (!more) return;
        found.seconds += 60 * (sixty(self.digits(2, 2)) orelse return null);
        const seconds = if (colons) self.take(':') else self.rest().len > 0 and std.ascii.isDigit(self.rest()[0]);
        if (!seconds) return;
        found.seconds += sixty(self.digits(2, 2)) orelse return null;
        if (self.take('.') or self.take(',')) found.nanos = self.fraction() orelse return null;
    }

    /// Digits behind a decimal point as nanoseconds; more than nine are cut.
    pub fn fraction(self: *Scanner) ?i64 {
        const start = self.at;
        while (self.at < self.text.len and std.ascii.isDigit(self.text[self.at])) self.at += 1;
        if (self.at == start) return null;
        var out: i64 = 0;
        for (0..9) |i| out = out * 10 + if (start + i < self.at) @as(i64, self.text[start + i] - '0') else 0;
        return out;
    }

    fn suffix(self: *Scanner, found: *Found) ?void {
        _ = self.take(' ');
        if (self.take('Z') or self.take('z')) {
            found.offset = 0;
        } else if (self.rest().len > 0 and self.rest()[0] != '[') {
            const end = std.mem.indexOfScalarPos(u8, self.text, self.at, '[') orelse self.text.len;
            found.offset = moments.parseOffset(self.text[self.at..end]) orelse return null;
            self.at = end;
        }
        if (!self.take('[')) return;
        const end = std.mem.indexOfScalarPos(u8, self.text, self.at, ']') orelse return null;
        found.zone = self.text[self.at..end];
        self.at = end + 1;
    }

    /// `Tue, 24 Nov 2026 01:40:42 +0000`, as in mail, feeds and HTTP.
    fn mail(self: *Scanner) ?Found {
        if (self.word().len > 0) _ = self.take(',');
        _ = self.take(' ');
        var found = Found{ .day = self.digits(1, 2) orelse return null };
        if (!self.take(' ') and !self.take('-')) return null;
        found.month = nameIn(&months, self.word()) orelse return null;
        if (!self.take(' ') and !self.take('-')) return null;
        found.year = self.digits(4, 4) orelse return null;
        if (self.rest().len == 0) return found;
        if (!self.take(' ')) return null;
        self.clock(&found) orelse return null;
        _ = self.take(' ');
        if (self.rest().len == 0) return found;
        const named = std.StaticStringMap(void).initComptime(.{ .{"GMT"}, .{"UTC"}, .{"UT"}, .{"Z"} });
        found.offset = if (named.has(self.rest())) 0 else moments.parseOffset(self.rest()) orelse return null;
        return found;
    }
};

pub fn sixty(value: ?i64) ?i64 {
    const found = value orelse return null;
    return if (found < 60) found else null;
}
