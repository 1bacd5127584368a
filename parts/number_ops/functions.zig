//! Powers, roots and the functions of analysis.

const std = @import("std");
const part = @import("part");
const arithmetic = part.arithmetic;
const decimal = part.decimal;
const Decimal = decimal.Decimal;
const Error = part.Error;

/// Exact for whole exponents that are not negative, 34 digits for negative ones; other exponents through floats.
pub fn power(base: Decimal, exponent: Decimal) Error!Decimal {
    if (!exponent.isWhole()) return floatPower(base, exponent);
    const whole = part.wholeNumber(try decimal.format(exponent)) orelse return tooLarge();
    if (@abs(whole) > 100_000) return tooLarge();
    const result = try wholePower(base, @abs(whole));
    return if (whole < 0) arithmetic.divide(try decimal.fromInt(1), result) else result;
}

fn tooLarge() Error {
    return part.fail("number_out_of_range", &.{"the exponent is beyond 100000; use a smaller one"});
}

fn wholePower(base: Decimal, exponent: u64) Error!Decimal {
    var result = try decimal.fromInt(1);
    var square = base;
    var left = exponent;
    while (left > 0) : (left >>= 1) {
        if (left & 1 == 1) result = try arithmetic.checked(decimal.multiply(result, square));
        if (left > 1) square = try arithmetic.checked(decimal.multiply(square, square));
    }
    return result;
}

fn floatPower(base: Decimal, exponent: Decimal) Error!Decimal {
    if (base.negative) return part.badInput(&.{"a negative number has no power with a fraction as its exponent"});
    return fromFloat(std.math.pow(f64, try toFloat(base), try toFloat(exponent)));
}

/// Newton's method with some digits to spare, so that the root of a square is exactly that.
pub fn sqrt(value: Decimal) Error!Decimal {
    if (value.negative) return part.badInput(&.{"a negative number has no square root"});
    if (value.isZero()) return value;
    const places = decimal.precision + 8;
    const half = Decimal{ .digits = &.{5}, .exponent = -1 };
    var guess = Decimal{ .digits = &.{3}, .exponent = @divFloor(value.magnitude() - 1, 2) };
    for (0..10) |_| {
        const other = try arithmetic.checked(decimal.divide(value, guess, places));
        const both = try arithmetic.checked(decimal.add(guess, other));
        const mean = try arithmetic.checked(decimal.multiply(both, half));
        guess = try arithmetic.checked(decimal.roundTo(mean, mean.magnitude() - places, .half_even));
    }
    return arithmetic.checked(decimal.roundTo(guess, guess.magnitude() - decimal.precision, .half_even));
}

pub fn real(name: []const u8, value: Decimal) Error!part.Value {
    const x = try toFloat(value);
    const found = if (std.mem.eql(u8, name, "exp")) std.math.exp(x) //
        else if (std.mem.eql(u8, name, "ln")) std.math.log(f64, std.math.e, x) //
        else if (std.mem.eql(u8, name, "log10")) std.math.log10(x) //
        else if (std.mem.eql(u8, name, "log2")) std.math.log2(x) //
        else if (std.mem.eql(u8, name, "sin")) std.math.sin(x) //
        else if (std.mem.eql(u8, name, "cos")) std.math.cos(x) //
        else if (std.mem.eql(u8, name, "tan")) std.math.tan(x) //
        else if (std.mem.eql(u8, name, "asin")) std.math.asin(x) //
        else if (std.mem.eql(u8, name, "acos")) std.math.acos(x) //
        else std.math.atan(x);
    return arithmetic.value(try fromFloat(found));
}

fn toFloat(value: Decimal) Error!f64 {
    return std.fmt.parseFloat(f64, try decimal.format(value)) catch unreachable;
}

/// The shortest decimal that reads back as the same float.
fn fromFloat(value: f64) Error!Decimal {
    if (!std.math.isFinite(value)) return part.fail("number_out_of_range", &.{"the function has no finite value there"});
    return arithmetic.of(try std.fmt.allocPrint(part.gpa, "{e}", .{value}));
}
