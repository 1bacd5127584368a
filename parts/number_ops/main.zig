//! `number_ops`: one operation on numbers. Sums, differences and products are exact decimals (0.1 + 0.2 is 0.3);
//! quotients and roots have 34 digits; the functions of analysis have the digits of a 64-bit float.

const std = @import("std");
const part = @import("part");
const functions = @import("functions.zig");
const statistics = @import("statistics.zig");
const texts = part.number_texts;
const arithmetic = part.arithmetic;
const decimal = part.decimal;
const Decimal = decimal.Decimal;
const Value = part.Value;
const Error = part.Error;
const gpa = part.gpa;

const Operation = enum {
    add, subtract, multiply, divide, whole_divide, modulo, remainder, power, percent_of, negate, abs, sign,
    round, floor, ceil, truncate, clamp, sqrt, exp, ln, log10, log2, sin, cos, tan, asin, acos, atan,
    compare, equals, is_between, is_integer, is_even, is_odd, sum, product, average, median, min, max,
    format, parse, to_base, from_base, percentile, variance, standard_deviation, percent_change,
};

pub fn run(input: part.Input) Error!Value {
    const operation = try input.choice("operation", Operation, null);
    return part.result(switch (operation) {
        .sum, .product, .average, .median, .min, .max, .percentile, .variance, .standard_deviation => try onList(operation, input),
        .parse => try texts.parse(input),
        .from_base => try texts.fromBase(input),
        else => try onNumber(operation, try operand(input, "value"), input),
    });
}

fn operand(input: part.Input, name: []const u8) Error!Decimal {
    return arithmetic.of(try input.number(name));
}

fn onNumber(operation: Operation, value: Decimal, input: part.Input) Error!Value {
    return switch (operation) {
        .add, .subtract, .multiply, .divide, .whole_divide, .modulo, .remainder, .percent_of, .percent_change => {
            return arithmetic.value(try withOperand(operation, value, try operand(input, "by")));
        },
        .power => arithmetic.value(try functions.power(value, try operand(input, "by"))),
        .sqrt => arithmetic.value(try functions.sqrt(value)),
        .negate => arithmetic.value(value.negated()),
        .abs => arithmetic.value(value.abs()),
        .sign => part.integer(@as(i8, if (value.isZero()) 0 else if (value.negative) -1 else 1)),
        .round, .floor, .ceil, .truncate => arithmetic.value(try rounded(operation, value, input)),
        .clamp => clamp(value, input),
        .compare => part.integer(@as(i8, switch (decimal.order(value, try operand(input, "by"))) {
            .lt => -1,
            .eq => 0,
            .gt => 1,
        })),
        .equals => .{ .bool = decimal.order(value, try operand(input, "by")) == .eq },
        .is_between => isBetween(value, input),
        .is_integer => .{ .bool = value.isWhole() },
        .is_even => .{ .bool = try isEven(value) },
        .is_odd => .{ .bool = value.isWhole() and !try isEven(value) },
        .format => texts.format(value, input),
        .to_base => texts.toBase(input),
        .exp, .ln, .log10, .log2, .sin, .cos, .tan, .asin, .acos, .atan => functions.real(@tagName(operation), value),
        .sum, .product, .average, .median, .min, .max, .percentile, .variance, .standard_deviation, .parse, .from_base => unreachable,
    };
}

fn withOperand(operation: Operation, value: Decimal, by: Decimal) Error!Decimal {
    return switch (operation) {
        .add => arithmetic.checked(decimal.add(value, by)),
        .subtract => arithmetic.checked(decimal.subtract(value, by)),
        .multiply => arithmetic.checked(decimal.multiply(value, by)),
        .divide => arithmetic.divide(value, by),
        .whole_divide => arithmetic.wholeTimes(value, by, .floor),
        .modulo => arithmetic.remainder(value, by, .floor),
        .remainder => arithmetic.remainder(value, by, .down),
        .percent_of => arithmetic.divide(try arithmetic.checked(decimal.multiply(value, try decimal.fromInt(100))), by),
        .percent_change => {
            const change = try arithmetic.checked(decimal.subtract(by, value));
            return arithmetic.divide(try arithmetic.checked(decimal.multiply(change, try decimal.fromInt(100))), value.abs());
        },
        else => unreachable,
    };
}

/// `places` behind the point; negative ones before it (-2 rounds to hundreds).
fn rounded(operation: Operation, value: Decimal, input: part.Input) Error!Decimal {
    const places = try input.intOr("places", -4096, 4096, 0);
    const rule: decimal.Rounding = switch (operation) {
        .floor => .floor,
        .ceil => .ceiling,
        .truncate => .down,
        else => try input.choice("mode", decimal.Rounding, .half_up),
    };
    return arithmetic.checked(decimal.roundTo(value, -places, rule));
}

fn clamp(value: Decimal, input: part.Input) Error!Value {
    const low = if (try input.optionalNumber("low")) |text| try arithmetic.of(text) else null;
    const high = if (try input.optionalNumber("high")) |text| try arithmetic.of(text) else null;
    if (low == null and high == null) return part.badInput(&.{"clamp needs `low`, `high` or both"});
    if (low != null and high != null and decimal.order(low.?, high.?) == .gt) return part.badInput(&.{"`low` is above `high`"});
    if (low) |bound| if (decimal.order(value, bound) == .lt) return arithmetic.value(bound);
    if (high) |bound| if (decimal.order(value, bound) == .gt) return arithmetic.value(bound);
    return arithmetic.value(value);
}

fn isBetween(value: Decimal, input: part.Input) Error!Value {
    const above = decimal.order(value, try operand(input, "low")) != .lt;
    const below = decimal.order(value, try operand(input, "high")) != .gt;
    return .{ .bool = above and below };
}

fn isEven(value: Decimal) Error!bool {
    if (!value.isWhole()) return false;
    return value.exponent > 0 or value.isZero() or value.digits[value.digits.len - 1] % 2 == 0;
}

fn onList(operation: Operation, input: part.Input) Error!Value {
    const items = try input.list("values");
    const numbers = try gpa.alloc(Decimal, items.len);
    for (items, numbers) |item, *slot| {
        slot.* = if (item == .number) try arithmetic.of(item.number) else return part.wrongKind("values", "a list of numbers", item);
    }
    return switch (operation) {
        .sum => arithmetic.value(try arithmetic.sum(items, "values")),
        .product => product(numbers),
        .average => arithmetic.average(items, "values"),
        .median => median(numbers),
        .percentile => statistics.percentile(numbers, try operand(input, "by")),
        .variance => statistics.spread(numbers, try input.boolOr("population", false), true),
        .standard_deviation => statistics.spread(numbers, try input.boolOr("population", false), false),
        .min => extreme(numbers, .lt),
        .max => extreme(numbers, .gt),
        else => unreachable,
    };
}

fn product(numbers: []const Decimal) Error!Value {
    var total = try decimal.fromInt(1);
    for (numbers) |one| total = try arithmetic.checked(decimal.multiply(total, one));
    return arithmetic.value(total);
}

fn median(numbers: []Decimal) Error!Value {
    if (numbers.len == 0) return .null;
    try statistics.sort(numbers);
    const middle = numbers.len / 2;
    if (numbers.len % 2 == 1) return arithmetic.value(numbers[middle]);
    const both = try arithmetic.checked(decimal.add(numbers[middle - 1], numbers[middle]));
    return arithmetic.value(try arithmetic.divide(both, try decimal.fromInt(2)));
}

fn extreme(numbers: []const Decimal, wanted: std.math.Order) Error!Value {
    if (numbers.len == 0) return .null;
    var best = numbers[0];
    for (numbers[1..]) |one| {
        if (decimal.order(one, best) == wanted) best = one;
    }
    return arithmetic.value(best);
}
