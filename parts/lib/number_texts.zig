//! Numbers as people write them: fixed places, separators between thousands, a comma as the point, other bases.

const std = @import("std");
const part = @import("part.zig");
const arithmetic = part.arithmetic;
const decimal = part.decimal;
const Value = part.Value;
const Error = part.Error;
const gpa = part.gpa;

const digits_of = "0123456789abcdefghijklmnopqrstuvwxyz";

/// A text such as `1,234.50`: `places` fixed (as many as there are without it), `thousands` and `decimal` as asked for.
pub fn format(value: decimal.Decimal, input: part.Input) Error!Value {
    const places = try input.optionalInt("places", 0, 100);
    const rule = try input.choice("mode", decimal.Rounding, .half_up);
    const fixed = if (places) |n| try arithmetic.checked(decimal.roundTo(value, -n, rule)) else value;
    const fraction: i64 = places orelse @max(-fixed.exponent, 0);
    if (@max(fixed.magnitude(), fraction) > decimal.max_digits) return arithmetic.value(try arithmetic.checked(error.OutOfRange));
    const digits = try allDigits(fixed, fraction);
    const whole = digits[0 .. digits.len - @as(usize, @intCast(fraction))];
    const grouped = try group(whole, try input.textOr("thousands", ""));
    const point = if (fraction > 0) try input.textOr("decimal", ".") else "";
    const sign = if (fixed.negative) "-" else "";
    return .{ .text = try part.concat(&.{ sign, grouped, point, digits[whole.len..] }) };
}

/// The digits of a number with so many places behind the point and at least one before it.
fn allDigits(value: decimal.Decimal, fraction: i64) Error![]const u8 {
    const before: usize = @intCast(@max(value.magnitude(), 1));
    const out = try gpa.alloc(u8, before + @as(usize, @intCast(fraction)));
    @memset(out, '0');
    const lead: i64 = @as(i64, @intCast(before)) - value.magnitude();
    for (value.digits, 0..) |digit, i| out[@as(usize, @intCast(lead)) + i] = '0' + digit;
    return out;
}

fn group(whole: []const u8, separator: []const u8) Error![]const u8 {
    var out: std.ArrayList(u8) = .empty;
    for (whole, 0..) |digit, i| {
        if (i > 0 and (whole.len - i) % 3 == 0) try out.appendSlice(gpa, separator);
        try out.append(gpa, digit);
    }
    return out.items;
}

/// The number in a text, with the separators that are named; spaces around it are no matter.
pub fn parse(input: part.Input) Error!Value {
    const text = try input.text("text");
    const thousands = try input.textOr("thousands", "");
    const point = try input.textOr("decimal", ".");
    const trimmed = part.unicode.trimEnd(part.unicode.trimStart(text));
    const joined = if (thousands.len > 0) try std.mem.replaceOwned(u8, gpa, trimmed, thousands, "") else trimmed;
    if (point.len == 0) return part.badInput(&.{"`decimal` must not be empty"});
    const pointed = try std.mem.replaceOwned(u8, gpa, joined, point, ".");
    const unsigned = if (pointed.len > 0 and pointed[0] == '+') pointed[1..] else pointed;
    const number = try withoutLeadingZeros(unsigned);
    if (!part.json.isNumber(number)) return part.fail("not_a_number", &.{ "`", text, "` is not a number" });
    return arithmetic.value(try arithmetic.of(number));
}

/// People write 007 and .5; JSON does not.
fn withoutLeadingZeros(text: []const u8) Error![]const u8 {
    const negative = text.len > 0 and text[0] == '-';
    var rest = text[@intFromBool(negative)..];
    while (rest.len > 1 and rest[0] == '0' and rest[1] >= '0' and rest[1] <= '9') rest = rest[1..];
    const lead = if (rest.len > 1 and rest[0] == '.') "0" else "";
    return part.concat(&.{ if (negative) "-" else "", lead, rest });
}

pub fn toBase(input: part.Input) Error!Value {
    const value = try input.int("value", std.math.minInt(i64), std.math.maxInt(i64));
    const base: u64 = @intCast(try input.int("base", 2, 36));
    var buffer: [65]u8 = undefined;
    var at = buffer.len;
    var rest: u64 = @abs(value);
    while (rest > 0 or at == buffer.len) : (rest /= base) {
        at -= 1;
        buffer[at] = digits_of[@intCast(rest % base)];
    }
    return .{ .text = try part.concat(&.{ if (value < 0) "-" else "", buffer[at..] }) };
}

pub fn fromBase(input: part.Input) Error!Value {
    const text = try input.text("text");
    const base = try input.int("base", 2, 36);
    const value = std.fmt.parseInt(i64, text, @intCast(base)) catch {
        return part.fail("not_a_number", &.{ "`", text, "` is not a whole number of 64 bits in that base" });
    };
    return part.integer(value);
}
