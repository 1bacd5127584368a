//! `date_ops`: one operation on a date: reading, writing, adding, distances, where units begin, comparing; in any time
//! zone of the IANA. A result that is a moment is a text of ISO 8601 with its offset. There is no now: take it from
//! the run, so that a run can be repeated.

const std = @import("std");
const part = @import("part");
const zones = part.time.zones;
const moments = part.time.moments;
const reading = part.time.reading;
const patterns = part.time.patterns;
const spans = part.time.spans;
const days = part.time.days;
const calendar = part.calendar;
const Moment = moments.Moment;
const Value = part.Value;
const Error = part.Error;
const gpa = part.gpa;

const Operation = enum {
    parse, is_valid, format, to_unix, convert, parts, set, add, subtract, diff, start_of, end_of, weekday, weekday_name,
    is_weekend, day_of_year, week, quarter, days_in_month, is_leap_year, next_weekday, previous_weekday, add_business_days,
    diff_business_days, is_before, is_after, is_same, is_between, compare, min, max, range, zones,
};

pub fn run(input: part.Input) Error!Value {
    const operation = try input.choice("operation", Operation, null);
    var how = try reading.Reading.of(input);
    const pattern = try input.optionalText("pattern");
    if (operation == .parse or operation == .is_valid) how.pattern = pattern;
    return part.result(switch (operation) {
        .zones => try part.textList(try zones.namesWith(try input.textOr("search", ""))),
        .min, .max => try extreme(operation, how, input),
        .is_valid => try isValid(how, try input.any("value")),
        else => try onMoment(operation, try how.moment(try input.any("value"), "value"), how, input),
    });
}

fn onMoment(operation: Operation, moment: Moment, how: reading.Reading, input: part.Input) Error!Value {
    const date = moment.date();
    const local = moment.local();
    return switch (operation) {
        .zones, .min, .max, .is_valid => unreachable,
        .parse => iso(moment),
        .format => .{ .text = try formatted(moment, input) },
        .to_unix => unixOf(moment, how.unit),
        .convert => if (how.zone == null) return part.missing("zone") else iso(moment),
        .parts => partsOf(moment),
        .set => iso(try days.set(moment, try input.mapField("fields"), how.choice)),
        .add => iso(try spans.add(moment, try spans.read(input))),
        .subtract => iso(try spans.add(moment, (try spans.read(input)).negated())),
        .diff => try diff(moment, try how.moment(try input.any("with"), "with"), input),
        .start_of => iso(try spans.startOf(moment, try unit(input), try sundayFirst(input))),
        .end_of => iso(try spans.endOf(moment, try unit(input), try sundayFirst(input))),
        .weekday => part.integer(calendar.weekday(local.days)),
        .weekday_name => .{ .text = reading.weekdays[@intCast(calendar.weekday(local.days) - 1)] },
        .is_weekend => .{ .bool = calendar.weekday(local.days) > 5 },
        .day_of_year => part.integer(date.dayOfYear()),
        .week => part.integer(calendar.week(local.days).week),
        .quarter => part.integer(@divFloor(date.month - 1, 3) + 1),
        .days_in_month => part.integer(calendar.daysInMonth(date.year, date.month)),
        .is_leap_year => .{ .bool = date.isLeap() },
        .next_weekday, .previous_weekday => iso(try days.nearestWeekday(moment, input, operation == .previous_weekday)),
        .add_business_days => iso(try days.addBusinessDays(moment, how, input)),
        .diff_business_days => part.integer(try days.businessDaysBetween(moment, try how.moment(try input.any("with"), "with"), how, input)),
        .range => try range(moment, try how.moment(try input.any("with"), "with"), input),
        else => comparison(operation, moment, how, input),
    };
}

fn unit(input: part.Input) Error!spans.Unit {
    return spans.unitNamed(try input.text("unit"));
}

fn sundayFirst(input: part.Input) Error!bool {
    return try input.choice("week_start", enum { monday, sunday }, .monday) == .sunday;
}

pub fn iso(moment: Moment) Error!Value {
    var out: std.ArrayList(u8) = .empty;
    const fraction = if (moment.nanos == 0) "" else if (@mod(moment.nanos, 1_000_000) == 0) ".SSS" else ".SSSSSSSSS";
    try out.appendSlice(gpa, try patterns.format(moment, try part.concat(&.{ "yyyy-MM-dd'T'HH:mm:ss", fraction })));
    if (std.mem.eql(u8, moment.zone.name, "UTC")) try out.append(gpa, 'Z') else try patterns.offset(&out, moment.offset(), ":", false);
    return .{ .text = out.items };
}

/// A pattern, or the name of a form that everybody knows.
fn formatted(moment: Moment, input: part.Input) Error![]const u8 {
    const pattern = try input.textOr("pattern", "iso");
    const named = std.StaticStringMap([]const u8).initComptime(.{
        .{ "date", "yyyy-MM-dd" },
        .{ "time", "HH:mm:ss" },
        .{ "datetime", "yyyy-MM-dd HH:mm:ss" },
        .{ "mail", "EEE, dd MMM yyyy HH:mm:ss Z" },
        .{ "week", "YYYY-'W'ww" },
    });
    if (std.mem.eql(u8, pattern, "iso")) return (try iso(moment)).text;
    if (std.mem.eql(u8, pattern, "http")) return patterns.format(moment.in(zones.Zone.fixed("UTC", 0)), "EEE, dd MMM yyyy HH:mm:ss 'GMT'");
    return patterns.format(moment, named.get(pattern) orelse pattern);
}

fn unixOf(moment: Moment, in: reading.Unit) Error!Value {
    const nanos = moment.sinceEpoch();
    return part.integer(@as(i64, @intCast(@divFloor(nanos, if (in == .s) @as(i128, 1_000_000_000) else 1_000_000))));
}

fn partsOf(moment: Moment) Error!Value {
    const date = moment.date();
    const local = moment.local();
    var offset: std.ArrayList(u8) = .empty;
    try patterns.offset(&offset, moment.offset(), ":", false);
    return .{ .map = try part.fields(.{
        .{ "year", try part.integer(date.year) },
        .{ "month", try part.integer(date.month) },
        .{ "day", try part.integer(date.day) },
        .{ "hour", try part.integer(@divFloor(local.seconds, 3600)) },
        .{ "minute", try part.integer(@mod(@divFloor(local.seconds, 60), 60)) },
        .{ "second", try part.integer(@mod(local.seconds, 60)) },
        .{ "millisecond", try part.integer(@divFloor(local.nanos, 1_000_000)) },
        .{ "weekday", try part.integer(calendar.weekday(local.days)) },
        .{ "week", try part.integer(calendar.week(local.days).week) },
        .{ "day_of_year", try part.integer(date.dayOfYear()) },
        .{ "offset", Value{ .text = offset.items } },
        .{ "zone", Value{ .text = if (std.mem.eql(u8, moment.zone.name, "offset")) offset.items else moment.zone.name } },
        .{ "unix_ms", try unixOf(moment, .ms) },
    }) };
}

fn isValid(how: reading.Reading, value: Value) Error!Value {
    _ = how.moment(value, "value") catch |err| switch (err) {
        error.Failed => return .{ .bool = false },
        else => return err,
    };
    return .{ .bool = true };
}

/// Whole units, or without one a duration of ISO 8601.
fn diff(from: Moment, to: Moment, input: part.Input) Error!Value {
    if (input.get("unit") == null) return .{ .text = try spans.duration(from, to) };
    return part.integer(try spans.between(from, to, try unit(input)));
}

fn comparison(operation: Operation, moment: Moment, how: reading.Reading, input: part.Input) Error!Value {
    if (operation == .is_between) {
        const low = try how.moment(try input.any("start"), "start");
        const high = try how.moment(try input.any("end"), "end");
        return .{ .bool = moment.order(low) != .lt and moment.order(high) != .gt };
    }
    const found = try ordered(moment, try how.moment(try input.any("with"), "with"), input);
    return switch (operation) {
        .is_before => .{ .bool = found == .lt },
        .is_after => .{ .bool = found == .gt },
        .is_same => .{ .bool = found == .eq },
        .compare => part.integer(@as(i64, switch (found) {
            .lt => -1,
            .eq => 0,
            .gt => 1,
        })),
        else => unreachable,
    };
}

/// With a unit, the units are compared and not the moments.
fn ordered(moment: Moment, other: Moment, input: part.Input) Error!std.math.Order {
    if (input.get("unit") == null) return moment.order(other);
    const sunday = try sundayFirst(input);
    const begin = try spans.startOf(moment, try unit(input), sunday);
    return begin.order(try spans.startOf(other.in(moment.zone), try unit(input), sunday));
}

fn extreme(operation: Operation, how: reading.Reading, input: part.Input) Error!Value {
    var best: ?Moment = null;
    for (try input.list("values")) |one| {
        const moment = try how.moment(one, "values");
        const wanted: std.math.Order = if (operation == .min) .lt else .gt;
        if (best == null or moment.order(best.?) == wanted) best = moment;
    }
    return if (best) |moment| iso(moment) else .null;
}

/// From `value` to `with`, both included, each step counted from the first so that the days of months do not drift.
fn range(from: Moment, to: Moment, input: part.Input) Error!Value {
    const step = try input.intOr("amount", 1, 1 << 31, 1);
    const of = try unit(input);
    var out: std.ArrayList(Value) = .empty;
    var moment = from;
    while (moment.order(to) != .gt) {
        if (out.items.len == 10_000) return part.badInput(&.{"the range would have more than 10000 dates"});
        try out.append(gpa, try iso(moment));
        moment = try spans.add(from, spans.Span.of(step * @as(i64, @intCast(out.items.len)), of));
    }
    return .{ .list = out.items };
}
