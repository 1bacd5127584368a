//! What is said of many numbers at once. Nothing is said of none: the answer is null.

const part = @import("part");
const functions = @import("functions.zig");
const arithmetic = part.arithmetic;
const decimal = part.decimal;
const Decimal = decimal.Decimal;
const Value = part.Value;
const Error = part.Error;

pub fn sort(numbers: []Decimal) Error!void {
    try part.sort.stable(Decimal, part.gpa, numbers, {}, struct {
        fn less(_: void, a: Decimal, b: Decimal) bool {
            return decimal.order(a, b) == .lt;
        }
    }.less);
}

/// The number below which so many per cent of the numbers are; between two numbers in proportion, as spreadsheets do it.
pub fn percentile(numbers: []Decimal, per_cent: Decimal) Error!Value {
    const hundred = try decimal.fromInt(100);
    if (per_cent.negative or decimal.order(per_cent, hundred) == .gt) return part.badInput(&.{"`by` must be from 0 to 100"});
    if (numbers.len == 0) return .null;
    try sort(numbers);
    const steps = try decimal.fromInt(@intCast(numbers.len - 1));
    const place = try arithmetic.divide(try arithmetic.checked(decimal.multiply(per_cent, steps)), hundred);
    const whole = try arithmetic.checked(decimal.roundTo(place, 0, .floor));
    const at: usize = @intCast(part.wholeNumber(try decimal.format(whole)).?);
    if (at + 1 == numbers.len) return arithmetic.value(numbers[at]);
    const rest = try arithmetic.checked(decimal.subtract(place, whole));
    const distance = try arithmetic.checked(decimal.subtract(numbers[at + 1], numbers[at]));
    const step = try arithmetic.checked(decimal.multiply(distance, rest));
    return arithmetic.value(try arithmetic.checked(decimal.add(numbers[at], step)));
}

/// The mean square distance from the average: of a sample, whose own average it is, or of everything there is.
fn variance(numbers: []const Decimal, of_all: bool) Error!?Decimal {
    if (numbers.len == 0 or (numbers.len == 1 and !of_all)) return null;
    var sum = Decimal.zero;
    var squares = Decimal.zero;
    for (numbers) |one| {
        sum = try arithmetic.checked(decimal.add(sum, one));
        squares = try arithmetic.checked(decimal.add(squares, try arithmetic.checked(decimal.multiply(one, one))));
    }
    // n * squares - sum², which is exact, over n * (n - 1) or n².
    const count = try decimal.fromInt(@intCast(numbers.len));
    const left = try arithmetic.checked(decimal.multiply(count, squares));
    const over = try arithmetic.checked(decimal.subtract(left, try arithmetic.checked(decimal.multiply(sum, sum))));
    const free = if (of_all) count else try decimal.fromInt(@intCast(numbers.len - 1));
    return try arithmetic.divide(over, try arithmetic.checked(decimal.multiply(count, free)));
}

pub fn spread(numbers: []const Decimal, of_all: bool, squared: bool) Error!Value {
    const found = try variance(numbers, of_all) orelse return .null;
    return arithmetic.value(if (squared) found else try functions.sqrt(found));
}
