//! Decimal arithmetic over JSON numbers, with errors that a recipe's author understands.

const std = @import("std");
const part = @import("part.zig");
const decimal = @import("decimal.zig");
const Decimal = decimal.Decimal;
const Value = part.Value;
const Error = part.Error;

pub fn of(text: []const u8) Error!Decimal {
    return decimal.parse(text);
}

/// A result. What no 64-bit float can come near is refused here, because nobody after this part could hold it.
pub fn value(number: Decimal) Error!Value {
    if (number.magnitude() > 309) return part.fail("number_out_of_range", &.{"the result is beyond 1e308; use smaller numbers"});
    return .{ .number = try decimal.format(number) };
}

/// Turns what the decimal library cannot hold into a refusal.
pub fn checked(result: decimal.Error!Decimal) Error!Decimal {
    return result catch |err| switch (err) {
        error.OutOfMemory => error.OutOfMemory,
        error.OutOfRange => part.fail("number_out_of_range", &.{"the result would need more than 4096 digits; use smaller numbers"}),
    };
}

pub fn divide(a: Decimal, b: Decimal) Error!Decimal {
    if (b.isZero()) return part.fail("division_by_zero", &.{"the divisor is 0; check it first"});
    return checked(decimal.divide(a, b, decimal.precision));
}

/// How often `b` goes into `a` as a whole number, towards zero or downwards.
pub fn wholeTimes(a: Decimal, b: Decimal, direction: decimal.Direction) Error!Decimal {
    if (b.isZero()) return part.fail("division_by_zero", &.{"the divisor is 0; check it first"});
    return checked(decimal.divideWhole(a, b, direction));
}

pub fn remainder(a: Decimal, b: Decimal, direction: decimal.Direction) Error!Decimal {
    const whole = try wholeTimes(a, b, direction);
    return checked(decimal.subtract(a, try checked(decimal.multiply(whole, b))));
}

pub fn sum(items: []const Value, field: []const u8) Error!Decimal {
    var total = Decimal.zero;
    for (items) |item| {
        if (item != .number) return part.wrongKind(field, "a list of numbers", item);
        total = try checked(decimal.add(total, try of(item.number)));
    }
    return total;
}

/// Null for no items: an average of nothing is unknown, not 0.
pub fn average(items: []const Value, field: []const u8) Error!Value {
    if (items.len == 0) return .null;
    return value(try divide(try sum(items, field), try decimal.fromInt(@intCast(items.len))));
}

/// The value of a number text when it is whole and fits, whatever way it is written.
pub fn wholeNumber(text: []const u8) ?i64 {
    if (std.fmt.parseInt(i64, text, 10)) |found| return found else |_| {}
    const mark = std.mem.indexOfAny(u8, text, ".eE") orelse return null;
    if (text[mark] == '.') {
        const zeros = std.mem.trimRight(u8, text[mark + 1 ..], "0");
        if (zeros.len == 0) return std.fmt.parseInt(i64, text[0..mark], 10) catch null;
    }
    return null;
}
