//! A moment: an instant, and the zone whose clock shows it.

const std = @import("std");
const part = @import("../part.zig");
const zones = @import("zones.zig");
const calendar = part.calendar;
const Date = calendar.Date;
const Error = part.Error;

/// Which instant a local time means that comes twice, or never. `compatible`: the earlier of two, and in a gap the time
/// that a clock would show that nobody had put forward.
pub const Choice = enum { compatible, earlier, later, reject };

const first_second = -62_135_596_800; // 0001-01-01T00:00:00Z
const last_second = 253_402_300_799; // 9999-12-31T23:59:59Z

pub const Local = struct { days: i64, seconds: i64, nanos: i64 };

pub const Moment = struct {
    unix: i64,
    nanos: i64,
    zone: zones.Zone,

    pub fn at(unix: i64, nanos: i64, zone: zones.Zone) Error!Moment {
        const whole = unix + @divFloor(nanos, 1_000_000_000);
        if (whole < first_second or whole > last_second) return beyond();
        return .{ .unix = whole, .nanos = @mod(nanos, 1_000_000_000), .zone = zone };
    }

    pub fn ofLocal(when: Local, zone: zones.Zone, choice: Choice) Error!Moment {
        const clock = when.days * calendar.day_s + when.seconds;
        const means = zone.meaning(clock);
        const twice = means.first != means.second;
        if (twice and choice == .reject) return part.fail("ambiguous_time", &.{
            "the local time ", if (means.gap) "does not exist" else "comes twice", " in ", zone.name, "; give an offset, or another `disambiguation`",
        });
        // In a gap the offset from before it gives the later instant.
        const shift = if ((choice == .later and !means.gap) or (choice == .earlier and means.gap)) means.second else means.first;
        return at(clock - shift, when.nanos, zone);
    }

    pub fn offset(self: Moment) i64 {
        return self.zone.offsetAt(self.unix);
    }

    pub fn local(self: Moment) Local {
        const clock = self.unix + self.offset();
        return .{ .days = @divFloor(clock, calendar.day_s), .seconds = @mod(clock, calendar.day_s), .nanos = self.nanos };
    }

    pub fn date(self: Moment) Date {
        return calendar.of(self.local().days);
    }

    pub fn in(self: Moment, zone: zones.Zone) Moment {
        return .{ .unix = self.unix, .nanos = self.nanos, .zone = zone };
    }

    pub fn order(self: Moment, other: Moment) std.math.Order {
        const seconds = std.math.order(self.unix, other.unix);
        return if (seconds == .eq) std.math.order(self.nanos, other.nanos) else seconds;
    }

    pub fn sinceEpoch(self: Moment) i128 {
        return @as(i128, self.unix) * 1_000_000_000 + self.nanos;
    }
};

pub fn beyond() Error {
    return part.fail("date_out_of_range", &.{"dates go from the year 1 to the year 9999"});
}

/// A zone by its name, or a fixed offset such as `+05:30`.
pub fn zoneNamed(name: []const u8) Error!zones.Zone {
    if (std.ascii.eqlIgnoreCase(name, "z") or std.ascii.eqlIgnoreCase(name, "utc")) return zones.Zone.fixed("UTC", 0);
    if (name.len > 0 and (name[0] == '+' or name[0] == '-')) {
        if (parseOffset(name)) |seconds| return zones.Zone.fixed(name, seconds);
    }
    return try zones.find(name) orelse part.fail("unknown_zone", &.{
        "there is no time zone `", name, "`; write one like `Europe/Berlin`, `UTC` or `+02:00` (the operation `zones` lists all)",
    });
}

/// `+02`, `+0230`, `+02:30`, `+02:30:15`; null for anything else.
pub fn parseOffset(text: []const u8) ?i64 {
    if (text.len < 3 or (text[0] != '+' and text[0] != '-')) return null;
    var numbers = [3]i64{ 0, 0, 0 };
    var rest = text[1..];
    for (&numbers, [_]i64{ 23, 59, 59 }, 0..) |*slot, most, i| {
        if (rest.len == 0 and i > 0) break;
        if (i > 0 and rest[0] == ':') rest = rest[1..];
        if (rest.len < 2) return null;
        slot.* = std.fmt.parseInt(u8, rest[0..2], 10) catch return null;
        if (slot.* > most or rest[0] == '+') return null;
        rest = rest[2..];
    }
    if (rest.len > 0) return null;
    const seconds = numbers[0] * 3600 + numbers[1] * 60 + numbers[2];
    return if (text[0] == '-') -seconds else seconds;
}
