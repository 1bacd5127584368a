//! Moving to other days: fields set, the next weekday, business days.

const std = @import("std");
const part = @import("../part.zig");
const moments = @import("moment.zig");
const reading = @import("reading.zig");
const spans = @import("spans.zig");
const calendar = part.calendar;
const Moment = moments.Moment;
const Error = part.Error;
const gpa = part.gpa;

const most_business_days = 100_000;

/// `{year, month, day, hour, minute, second, millisecond}`, those that are given.
pub fn set(moment: Moment, fields: part.Map, choice: moments.Choice) Error!Moment {
    const given = part.Input{ .map = fields };
    for (fields.keys()) |key| _ = try (part.Input{ .map = try part.fields(.{.{ "field", part.Value{ .text = key } }}) }).choice("field", Field, null);
    const date = moment.date();
    const local = moment.local();
    const year = try given.intOr("year", 1, 9999, date.year);
    const month = try given.intOr("month", 1, 12, date.month);
    const last = calendar.daysInMonth(year, month);
    const day = try given.intOr("day", 1, last, @min(date.day, last));
    const hour = try given.intOr("hour", 0, 23, @divFloor(local.seconds, 3600));
    const minute = try given.intOr("minute", 0, 59, @mod(@divFloor(local.seconds, 60), 60));
    const second = try given.intOr("second", 0, 59, @mod(local.seconds, 60));
    const nanos = if (try given.optionalInt("millisecond", 0, 999)) |ms| ms * 1_000_000 else local.nanos;
    return Moment.ofLocal(.{
        .days = (calendar.Date{ .year = year, .month = month, .day = day }).days(),
        .seconds = hour * 3600 + minute * 60 + second,
        .nanos = nanos,
    }, moment.zone, choice);
}

const Field = enum { year, month, day, hour, minute, second, millisecond };

/// The first such day behind the moment's own, or the last one before it, at the same time of day.
pub fn nearestWeekday(moment: Moment, input: part.Input, before: bool) Error!Moment {
    const given = input.get("weekday") orelse return part.missing("weekday");
    const wanted = switch (given) {
        .number => try input.int("weekday", 1, 7),
        .text => |word| reading.nameIn(&reading.weekdays, word) orelse return part.badInput(&.{ "`weekday` is `", word, "`; known are: Monday to Sunday, or 1 to 7" }),
        else => return part.wrongKind("weekday", "a name or a number from 1 to 7", given),
    };
    const here = calendar.weekday(moment.local().days);
    const distance = if (before) -1 - @mod(here - wanted - 1, 7) else 1 + @mod(wanted - here - 1, 7);
    return spans.add(moment, spans.Span.of(distance, .day));
}

/// Days that are neither of a weekend nor among `holidays`.
pub fn addBusinessDays(moment: Moment, how: reading.Reading, input: part.Input) Error!Moment {
    const amount = try input.int("amount", -most_business_days, most_business_days);
    const holidays = try holidaysIn(input, how);
    const step: i64 = if (amount < 0) -1 else 1;
    const start = moment.local().days;
    var day = start;
    var left = @abs(amount);
    while (left > 0) {
        day += step;
        if (calendar.weekday(day) <= 5 and !holidays.contains(day)) left -= 1;
    }
    return spans.add(moment, spans.Span.of(day - start, .day));
}

/// How many business days one has to add to the first day to come to the second: negative when it is before.
pub fn businessDaysBetween(from: Moment, to: Moment, how: reading.Reading, input: part.Input) Error!i64 {
    const holidays = try holidaysIn(input, how);
    const start = from.local().days;
    const end = to.in(from.zone).local().days;
    const first, const last = if (start <= end) .{ start + 1, end } else .{ end, start - 1 };
    var count = calendar.workdays(last) - calendar.workdays(first - 1);
    var it = holidays.keyIterator();
    while (it.next()) |day| count -= @intFromBool(day.* >= first and day.* <= last and calendar.weekday(day.*) <= 5);
    return if (start <= end) count else -count;
}

const Days = std.AutoHashMapUnmanaged(i64, void);

fn holidaysIn(input: part.Input, how: reading.Reading) Error!Days {
    var holidays: Days = .empty;
    if (input.get("holidays") != null) for (try input.list("holidays")) |one| {
        try holidays.put(gpa, (try how.moment(one, "holidays")).local().days, {});
    };
    return holidays;
}
