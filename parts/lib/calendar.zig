//! The proleptic Gregorian calendar: days since 1970-01-01 to dates and back, for years from 1 to 9999.

pub const day_s = 86400;

pub const Date = struct {
    year: i64,
    month: i64,
    day: i64,

    /// Days since 1970-01-01. A month beyond 12 or a day beyond its month goes on into the next one.
    pub fn days(self: Date) i64 {
        const months = self.year * 12 + self.month - 1;
        const year = @divFloor(months, 12);
        const month = @mod(months, 12) + 1;
        // Years begin in March here, so that the leap day is the last one.
        const y = if (month <= 2) year - 1 else year;
        const shifted = @mod(month + 9, 12);
        const of_year = @divFloor(153 * shifted + 2, 5) + self.day - 1;
        return y * 365 + @divFloor(y, 4) - @divFloor(y, 100) + @divFloor(y, 400) + of_year - 719468;
    }

    pub fn isLeap(self: Date) bool {
        return leap(self.year);
    }

    pub fn dayOfYear(self: Date) i64 {
        return self.days() - (Date{ .year = self.year, .month = 1, .day = 1 }).days() + 1;
    }
};

pub fn of(days: i64) Date {
    const z = days + 719468;
    const era = @divFloor(z, 146097);
    const of_era = z - era * 146097;
    const year_of_era = @divFloor(of_era - @divFloor(of_era, 1460) + @divFloor(of_era, 36524) - @divFloor(of_era, 146096), 365);
    const of_year = of_era - (365 * year_of_era + @divFloor(year_of_era, 4) - @divFloor(year_of_era, 100));
    const shifted = @divFloor(5 * of_year + 2, 153);
    const month = @mod(shifted + 2, 12) + 1;
    const year = year_of_era + era * 400 + @as(i64, if (month <= 2) 1 else 0);
    return .{ .year = year, .month = month, .day = of_year - @divFloor(153 * shifted + 2, 5) + 1 };
}

pub fn leap(year: i64) bool {
    return @mod(year, 4) == 0 and (@mod(year, 100) != 0 or @mod(year, 400) == 0);
}

pub fn daysInMonth(year: i64, month: i64) i64 {
    return switch (month) {
        2 => if (leap(year)) 29 else 28,
        4, 6, 9, 11 => 30,
        else => 31,
    };
}

/// 1 for Monday to 7 for Sunday.
pub fn weekday(days: i64) i64 {
    return @mod(days + 3, 7) + 1;
}

/// How many days from Monday to Friday there were up to this one, counted from a Monday on.
pub fn workdays(days: i64) i64 {
    const count = days + 4;
    return @divFloor(count, 7) * 5 + @min(@mod(count, 7), 5);
}

pub const Week = struct { year: i64, week: i64 };

/// The ISO week: the one with the year's first Thursday is week 1.
pub fn week(days: i64) Week {
    const thursday = of(days - weekday(days) + 4);
    return .{ .year = thursday.year, .week = @divFloor(thursday.dayOfYear() - 1, 7) + 1 };
}
