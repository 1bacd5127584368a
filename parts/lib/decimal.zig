//! Decimal numbers of any length, exactly: 0.1 + 0.2 is 0.3, and no digit of a long number is lost.
//!
//! A number is a sign, digits without zeros at either end, and the power of ten of its last digit. Zero has no digits.
//! Adding, subtracting and multiplying are exact; dividing is exact when the quotient ends within `precision` digits
//! and rounded to so many (half to even) otherwise. What would need more than `max_digits` is refused, so that
//! `1e999999999 + 1` costs nothing.

const std = @import("std");
const memory = @import("memory.zig");
const gpa = memory.allocator;

pub const precision = 34;
pub const max_digits = 4096;

pub const Error = error{ OutOfMemory, OutOfRange };

pub const Direction = enum { down, floor };
pub const Rounding = enum { half_up, half_even, half_down, up, down, ceiling, floor };

pub const Decimal = struct {
    negative: bool = false,
    /// Values 0 to 9, most significant first.
    digits: []const u8 = &.{},
    exponent: i64 = 0,

    pub const zero: Decimal = .{};

    pub fn isZero(self: Decimal) bool {
        return self.digits.len == 0;
    }

    /// The power of ten just above the number: 12.5 has 2.
    pub fn magnitude(self: Decimal) i64 {
        return self.exponent + @as(i64, @intCast(self.digits.len));
    }

    pub fn negated(self: Decimal) Decimal {
        return .{ .negative = !self.negative and !self.isZero(), .digits = self.digits, .exponent = self.exponent };
    }

    pub fn abs(self: Decimal) Decimal {
        return .{ .digits = self.digits, .exponent = self.exponent };
    }

    pub fn isWhole(self: Decimal) bool {
        return self.exponent >= 0;
    }
};

/// Reads a number as JSON writes it. Exponents too large for any use are held at a large bound.
pub fn parse(text: []const u8) error{OutOfMemory}!Decimal {
    const negative = text[0] == '-';
    const mark = std.mem.indexOfAny(u8, text, "eE") orelse text.len;
    const mantissa = text[@intFromBool(negative)..mark];
    const point = std.mem.indexOfScalar(u8, mantissa, '.') orelse mantissa.len;
    const digits = try gpa.alloc(u8, mantissa.len);
    var len: usize = 0;
    for (mantissa) |byte| if (byte != '.') {
        digits[len] = byte - '0';
        len += 1;
    };
    const fraction: i64 = @intCast(len - point);
    return normal(negative, digits[0..len], parseExponent(text[mark..]) - fraction);
}

pub fn parseExponent(text: []const u8) i64 {
    if (text.len == 0) return 0;
    const limit = 1_000_000_000_000;
    const found = std.fmt.parseInt(i64, text[1..], 10) catch return if (text[1] == '-') -limit else limit;
    return std.math.clamp(found, -limit, limit);
}

pub fn fromInt(value: i64) error{OutOfMemory}!Decimal {
    var buffer: [24]u8 = undefined;
    return parse(std.fmt.bufPrint(&buffer, "{d}", .{value}) catch unreachable);
}

fn normal(negative: bool, digits: []const u8, exponent: i64) Decimal {
    var start: usize = 0;
    while (start < digits.len and digits[start] == 0) start += 1;
    var end = digits.len;
    while (end > start and digits[end - 1] == 0) end -= 1;
    if (start == end) return .zero;
    const cut: i64 = @intCast(digits.len - end);
    return .{ .negative = negative, .digits = digits[start..end], .exponent = exponent + cut };
}

pub fn order(a: Decimal, b: Decimal) std.math.Order {
    if (a.negative != b.negative) return if (a.negative) .lt else .gt;
    return if (a.negative) orderAbs(b, a) else orderAbs(a, b);
}

fn orderAbs(a: Decimal, b: Decimal) std.math.Order {
    if (a.isZero() or b.isZero()) return std.math.order(a.digits.len, b.digits.len);
    if (a.magnitude() != b.magnitude()) return std.math.order(a.magnitude(), b.magnitude());
    return std.mem.order(u8, a.digits, b.digits);
}

/// The digits down to the power of ten `exponent`, with `width` places.
fn aligned(value: Decimal, exponent: i64, width: usize) error{OutOfMemory}![]u8 {
    const out = try gpa.alloc(u8, width);
    @memset(out, 0);
    if (value.isZero()) return out;
    const after: usize = @intCast(value.exponent - exponent);
    @memcpy(out[width - after - value.digits.len ..][0..value.digits.len], value.digits);
    return out;
}

pub fn add(a: Decimal, b: Decimal) Error!Decimal {
    if (a.isZero()) return b;
    if (b.isZero()) return a;
    const exponent = @min(a.exponent, b.exponent);
    const span = @max(a.magnitude(), b.magnitude()) - exponent + 1;
    if (span > max_digits) return error.OutOfRange;
    const width: usize = @intCast(span);
    const a_larger = orderAbs(a, b) != .lt;
    const large = if (a_larger) a else b;
    const out = try aligned(large, exponent, width);
    const small = try aligned(if (a_larger) b else a, exponent, width);
    if (a.negative == b.negative) addInto(out, small) else subtractFrom(out, small);
    return normal(large.negative, out, exponent);
}

fn addInto(out: []u8, other: []const u8) void {
    var carry: u8 = 0;
    var i = out.len;
    while (i > 0) {
        i -= 1;
        const sum = out[i] + other[i] + carry;
        carry = @intFromBool(sum > 9);
        out[i] = sum - 10 * carry;
    }
}

fn subtractFrom(out: []u8, other: []const u8) void {
    var borrow: u8 = 0;
    var i = out.len;
    while (i > 0) {
        i -= 1;
        const taken = other[i] + borrow;
        borrow = @intFromBool(out[i] < taken);
        out[i] = out[i] + 10 * borrow - taken;
    }
}

pub fn subtract(a: Decimal, b: Decimal) Error!Decimal {
    return add(a, b.negated());
}

pub fn multiply(a: Decimal, b: Decimal) Error!Decimal {
    const width = a.digits.len + b.digits.len;
    if (width > max_digits) return error.OutOfRange;
    const sums = try gpa.alloc(u32, width);
    @memset(sums, 0);
    for (a.digits, 0..) |x, i| for (b.digits, 0..) |y, j| {
        sums[i + j + 1] += @as(u32, x) * y;
    };
    const out = try gpa.alloc(u8, width);
    var carry: u32 = 0;
    var at = width;
    while (at > 0) {
        at -= 1;
        const sum = sums[at] + carry;
        out[at] = @intCast(sum % 10);
        carry = sum / 10;
    }
    return normal(a.negative != b.negative, out, a.exponent + b.exponent);
}

/// Long division to `places` digits of the quotient; what is left over decides a last digit that only rounding sees.
pub fn divide(a: Decimal, b: Decimal, places: usize) Error!Decimal {
    if (a.isZero()) return .zero;
    const shift: i64 = @intCast(places + b.digits.len);
    const quotient = try wholeQuotient(.{ .digits = a.digits, .exponent = shift }, b.digits);
    const sticky = try gpa.alloc(u8, quotient.digits.len + 1);
    @memcpy(sticky[0..quotient.digits.len], quotient.digits);
    sticky[quotient.digits.len] = @intFromBool(!quotient.exact);
    const raw = normal(a.negative != b.negative, sticky, a.exponent - b.exponent - shift - 1);
    return roundTo(raw, raw.magnitude() - @as(i64, @intCast(places)), .half_even);
}

/// How often `b` goes into `a`, without the rest: towards zero, or downwards.
pub fn divideWhole(a: Decimal, b: Decimal, rule: Direction) Error!Decimal {
    const negative = a.negative != b.negative;
    const below_one = a.isZero() or a.magnitude() < b.magnitude();
    const exponent = @min(a.exponent, b.exponent);
    if (!below_one and a.magnitude() - exponent > max_digits) return error.OutOfRange;
    const quotient: Quotient = if (below_one) .{ .digits = &.{}, .exact = a.isZero() } else try wholeQuotient(
        .{ .digits = a.digits, .exponent = a.exponent - exponent },
        try aligned(b, exponent, @intCast(b.magnitude() - exponent)),
    );
    const whole = normal(negative, quotient.digits, 0);
    if (rule == .down or !negative or quotient.exact) return whole;
    return add(whole, .{ .negative = true, .digits = &.{1} });
}

const Quotient = struct { digits: []const u8, exact: bool };

/// How often `divisor` (digits of a whole number) goes into `dividend` (whole too).
fn wholeQuotient(dividend: Decimal, divisor: []const u8) Error!Quotient {
    const len: usize = @intCast(dividend.magnitude());
    if (len > max_digits) return error.OutOfRange;
    const out = try gpa.alloc(u8, len);
    var rest = Decimal.zero;
    const unit = Decimal{ .digits = divisor };
    const buffer = try gpa.alloc(u8, divisor.len + 2);
    for (out, 0..) |*slot, i| {
        const next = if (i < dividend.digits.len) dividend.digits[i] else 0;
        rest = try appendDigit(buffer, rest, next);
        slot.* = 0;
        while (orderWhole(rest.digits, unit.digits) != .lt) : (slot.* += 1) rest = takeAway(buffer, rest, unit.digits);
    }
    return .{ .digits = out, .exact = rest.digits.len == 0 };
}

fn appendDigit(buffer: []u8, rest: Decimal, digit: u8) Error!Decimal {
    std.mem.copyForwards(u8, buffer, rest.digits);
    buffer[rest.digits.len] = digit;
    const len = rest.digits.len + 1;
    return .{ .digits = if (len == 1 and digit == 0) &.{} else buffer[0..len] };
}

fn orderWhole(a: []const u8, b: []const u8) std.math.Order {
    if (a.len != b.len) return std.math.order(a.len, b.len);
    return std.mem.order(u8, a, b);
}

fn takeAway(buffer: []u8, rest: Decimal, divisor: []const u8) Decimal {
    const digits = buffer[0..rest.digits.len];
    var borrow: u8 = 0;
    var i: usize = 0;
    while (i < digits.len) : (i += 1) {
        const at = digits.len - 1 - i;
        const taken = borrow + (if (i < divisor.len) divisor[divisor.len - 1 - i] else 0);
        borrow = @intFromBool(digits[at] < taken);
        digits[at] = digits[at] + 10 * borrow - taken;
    }
    var start: usize = 0;
    while (start < digits.len and digits[start] == 0) start += 1;
    std.mem.copyForwards(u8, buffer, digits[start..]);
    return .{ .digits = buffer[0 .. digits.len - start] };
}

/// The nearest multiple of ten to the power `exponent`, by the rule.
pub fn roundTo(value: Decimal, exponent: i64, rule: Rounding) Error!Decimal {
    if (value.isZero() or value.exponent >= exponent) return value;
    const keep = value.magnitude() - exponent;
    const kept: []const u8 = if (keep > 0) value.digits[0..@intCast(keep)] else &.{};
    const cut = if (keep >= 0) value.digits[kept.len..] else &[_]u8{ 0, 1 };
    const down = normal(value.negative, kept, exponent);
    if (!roundsUp(value.negative, kept, cut, rule)) return down;
    return add(down, .{ .negative = value.negative, .digits = &.{1}, .exponent = exponent });
}

fn roundsUp(negative: bool, kept: []const u8, cut: []const u8, rule: Rounding) bool {
    const half = if (cut[0] != 5) std.math.order(cut[0], 5) else if (cut.len > 1) std.math.Order.gt else .eq;
    const odd = kept.len > 0 and kept[kept.len - 1] % 2 == 1;
    return switch (rule) {
        .half_up => half != .lt,
        .half_down => half == .gt,
        .half_even => half == .gt or (half == .eq and odd),
        .up => true,
        .down => false,
        .ceiling => !negative,
        .floor => negative,
    };
}

/// The number as JSON writes it: plain while that is short, with an exponent otherwise.
pub fn format(value: Decimal) error{OutOfMemory}![]const u8 {
    if (value.isZero()) return "0";
    const above = value.magnitude();
    const sign = if (value.negative) "-" else "";
    const digits = try gpa.dupe(u8, value.digits);
    for (digits) |*digit| digit.* += '0';
    if (value.exponent >= 0 and above <= 40) return std.mem.concat(gpa, u8, &.{ sign, digits, try zeros(value.exponent) });
    if (above > 0 and above <= 40) {
        const split: usize = @intCast(above);
        return std.mem.concat(gpa, u8, &.{ sign, digits[0..split], ".", digits[split..] });
    }
    if (above <= 0 and above > -10) return std.mem.concat(gpa, u8, &.{ sign, "0.", try zeros(-above), digits });
    const fraction = if (digits.len > 1) try std.mem.concat(gpa, u8, &.{ ".", digits[1..] }) else "";
    const power = try std.fmt.allocPrint(gpa, "{d}", .{above - 1});
    return std.mem.concat(gpa, u8, &.{ sign, digits[0..1], fraction, "e", power });
}

pub fn zeros(count: i64) error{OutOfMemory}![]const u8 {
    const out = try gpa.alloc(u8, @intCast(count));
    @memset(out, '0');
    return out;
}
