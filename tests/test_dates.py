"""Dates in every form that feeds use, and which of them are believed."""

from __future__ import annotations

import calendar
import json
import os
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from aggregator.dates import ParsedDate, parse_date, sane

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
CORPUS = os.environ.get("FEED_CORPUS")

WITH_ZONE = {
    "RFC 3339": ("2019-03-07T08:09:10Z", "2019-03-07 08:09:10"),
    "RFC 3339, offset": ("2019-03-07T08:09:10+05:30", "2019-03-07 02:39:10"),
    "lower case": ("2019-03-07t08:09:10z", "2019-03-07 08:09:10"),
    "fraction": ("2019-03-07T08:09:10.987654321Z", "2019-03-07 08:09:10"),
    "fraction after a comma": ("2019-03-07T08:09:10,5Z", "2019-03-07 08:09:10"),
    "compact": ("20190307T080910Z", "2019-03-07 08:09:10"),
    "week date": ("2019-W10-4T08:09:10Z", "2019-03-07 08:09:10"),
    "midnight that ends the day": ("2019-12-31T24:00:00Z", "2020-01-01 00:00:00"),
    "space before the offset": ("2019-03-07 08:09:10 -0330", "2019-03-07 11:39:10"),
    "zone in brackets as well": ("2019-03-07T08:09Z[Europe/Lisbon]", "2019-03-07 08:09:00"),
    "a zone of the IANA database": ("2019-07-07 08:09:10 Europe/Berlin", "2019-07-07 06:09:10"),
    "a zone of the IANA database, in winter": (
        "Thu, 7 Feb 2019 08:09:10 America/New_York",
        "2019-02-07 13:09:10",
    ),
    "a zone of the IANA database, in three parts": (
        "2019-03-07 08:09 America/Argentina/Buenos_Aires",
        "2019-03-07 11:09:00",
    ),
    "Go's own form": ("2019-03-07 08:09:10 +0000 UTC", "2019-03-07 08:09:10"),
    "Go's own form, with a zone's name": ("2019-03-07 08:09:10 +0100 CET", "2019-03-07 07:09:10"),
    "Go's own form, half an hour": ("2019-03-07 08:09:10 +0530 IST", "2019-03-07 02:39:10"),
    "Go's own form, a zone without a name": ("2019-03-07 08:09:10 -0300 -03", "2019-03-07 11:09:10"),
    "Go's own form, and its clock": (
        "2019-03-07 08:09:10.123456789 +0000 UTC m=+0.01",
        "2019-03-07 08:09:10",
    ),
    "RFC 2822 and a zone's name": ("Thu, 7 Mar 2019 08:09:10 +0100 CET", "2019-03-07 07:09:10"),
    "offset before the day": ("08:09:10 +0100 Mar 7 2019", "2019-03-07 07:09:10"),
    "XML Schema's date": ("2019-03-07+01:00", "2019-03-06 23:00:00"),
    "XML Schema's date in UTC": ("2019-03-07Z", "2019-03-07 00:00:00"),
    "RFC 822": ("Thu, 07 Mar 2019 08:09:10 GMT", "2019-03-07 08:09:10"),
    "RFC 2822": ("Thu, 7 Mar 2019 08:09:10 +0100", "2019-03-07 07:09:10"),
    "no seconds": ("Thu, 7 Mar 2019 08:09 +0100", "2019-03-07 07:09:00"),
    "wrong weekday": ("Mon, 07 Mar 2019 08:09:10 GMT", "2019-03-07 08:09:10"),
    "no weekday": ("7 Mar 2019 08:09:10 GMT", "2019-03-07 08:09:10"),
    "no space after the comma": ("Thu,07 Mar 2019 08:09:10 GMT", "2019-03-07 08:09:10"),
    "year of two digits, this century": ("Thu, 07 Mar 19 08:09:10 GMT", "2019-03-07 08:09:10"),
    "year of two digits, last century": ("Sun, 07 Mar 99 08:09:10 GMT", "1999-03-07 08:09:10"),
    "RFC 850": ("Thursday, 07-Mar-19 08:09:10 GMT", "2019-03-07 08:09:10"),
    "asctime with a zone": ("Thu Mar  7 08:09:10 CET 2019", "2019-03-07 07:09:10"),
    "asctime with an offset": ("Thu Mar  7 08:09:10 -0500 2019", "2019-03-07 13:09:10"),
    "JavaScript": ("Thu Mar 07 2019 08:09:10 GMT+0100 (Central European Time)", "2019-03-07 07:09:10"),
    "EST": ("Thu, 07 Mar 2019 08:09:10 EST", "2019-03-07 13:09:10"),
    "PDT": ("Thu, 07 Mar 2019 08:09:10 PDT", "2019-03-07 15:09:10"),
    "CEST": ("Thu, 07 Mar 2019 08:09:10 CEST", "2019-03-07 06:09:10"),
    "BST": ("Thu, 07 Mar 2019 08:09:10 BST", "2019-03-07 07:09:10"),
    "MSK": ("Thu, 07 Mar 2019 08:09:10 MSK", "2019-03-07 05:09:10"),
    "IST": ("Thu, 07 Mar 2019 08:09:10 IST", "2019-03-07 02:39:10"),
    "JST": ("Thu, 07 Mar 2019 08:09:10 JST", "2019-03-06 23:09:10"),
    "AEST": ("Thu, 07 Mar 2019 08:09:10 AEST", "2019-03-06 22:09:10"),
    "UT": ("Thu, 07 Mar 2019 08:09:10 UT", "2019-03-07 08:09:10"),
    "leap second": ("Sat, 31 Dec 2016 23:59:60 GMT", "2016-12-31 23:59:59"),
    "Unix seconds": ("1551946150", "2019-03-07 08:09:10"),
    "Unix seconds with a fraction": ("1551946150.75", "2019-03-07 08:09:10"),
    "Unix milliseconds": ("1551946150123", "2019-03-07 08:09:10"),
    "Unix microseconds": ("1551946150123456", "2019-03-07 08:09:10"),
    "a minus sign for a hyphen": ("2019-03-07T08:09:10\u221205:00", "2019-03-07 13:09:10"),
    "IDT": ("Thu, 07 Mar 2019 08:09:10 IDT", "2019-03-07 05:09:10"),
    "CLST": ("Thu, 07 Mar 2019 08:09:10 CLST", "2019-03-07 11:09:10"),
    "Indonesian": ("Kamis, 7 Maret 2019 08:09 WIB", "2019-03-07 01:09:00"),
    "Korean clock": ("2019년 3월 7일 목요일 8시 9분", "2019-03-06 23:09:00"),
    "surrounding space": ("\n  Thu, 07 Mar 2019 08:09:10 GMT\t", "2019-03-07 08:09:10"),
    "Korean": ("2019년 3월 7일 (목) 08:09", "2019-03-06 23:09:00"),
    "Korean afternoon": ("2019-03-07 오후 8:09:10", "2019-03-07 11:09:10"),
}

WITHOUT_ZONE = {
    "date only": ("2019-03-07", "2019-03-07 00:00:00"),
    "month only": ("2019-03", "2019-03-01 00:00:00"),
    "year only": ("2019", "2019-01-01 00:00:00"),
    "day of the year": ("2019-066", "2019-03-07 00:00:00"),
    "day of a year of two digits": ("09066", "2009-03-07 00:00:00"),
    "week date": ("2019-W10-4", "2019-03-07 00:00:00"),
    "compact": ("20190307", "2019-03-07 00:00:00"),
    "fourteen digits": ("20190307080910", "2019-03-07 08:09:10"),
    "no zone": ("2019-03-07T08:09:10", "2019-03-07 08:09:10"),
    "a zone that nobody knows": ("Thu, 07 Mar 2019 08:09:10 QQT", "2019-03-07 08:09:10"),
    "slashes, year first": ("2019/3/7", "2019-03-07 00:00:00"),
    "slashes, month first": ("3/7/2019 8:09:10 PM", "2019-03-07 20:09:10"),
    "slashes, day first where it can be nothing else": ("27/3/2019", "2019-03-27 00:00:00"),
    "dots": ("07.03.2019", "2019-03-07 00:00:00"),
    "dots and a time": ("7.3.2019 08:09", "2019-03-07 08:09:00"),
    "dashes, day first": ("07-03-2019", "2019-03-07 00:00:00"),
    "noon": ("March 7, 2019 12:09 PM", "2019-03-07 12:09:00"),
    "just after midnight": ("March 7, 2019 12:09 a.m.", "2019-03-07 00:09:00"),
    "ordinal": ("March 7th, 2019", "2019-03-07 00:00:00"),
    "month and year": ("March 2019", "2019-03-01 00:00:00"),
    "Spanish": ("jueves, 7 de marzo de 2019 08:09", "2019-03-07 08:09:00"),
    "French": ("jeu. 07 févr. 2019", "2019-02-07 00:00:00"),
    "French Tuesday, which looks like March": ("mar. 05 févr. 2019", "2019-02-05 00:00:00"),
    "French August": ("7 août 2019", "2019-08-07 00:00:00"),
    "German": ("Donnerstag, 7. März 2019, 08:09 Uhr", "2019-03-07 08:09:00"),
    "Portuguese": ("7 de março de 2019", "2019-03-07 00:00:00"),
    "Italian": ("giovedì 7 luglio 2019", "2019-07-07 00:00:00"),
    "Dutch": ("do 7 mei 2019", "2019-05-07 00:00:00"),
    "Russian": ("Чт, 7 марта 2019 г. 08:09", "2019-03-07 08:09:00"),
    "Polish": ("7 października 2019", "2019-10-07 00:00:00"),
    "Turkish": ("7 Ağustos 2019", "2019-08-07 00:00:00"),
    "Greek": ("Πέμ, 7 Μαρ 2019 08:09", "2019-03-07 08:09:00"),
    "Hungarian": ("2019. március 7. 8:09", "2019-03-07 08:09:00"),
    "Japanese": ("2019年3月7日 08:09", "2019-03-07 08:09:00"),
    "Japanese clock": ("2019年3月7日（木）8時9分10秒", "2019-03-07 08:09:10"),
    "Japanese weekday": ("2019年3月7日木曜日 08:09", "2019-03-07 08:09:00"),
    "Chinese weekday and clock": ("2019年3月7日 星期四 下午8点09分", "2019-03-07 20:09:00"),
    "Arabic": ("الخميس، 7 مارس 2019 08:09", "2019-03-07 08:09:00"),
    "Arabic digits": ("٧ مارس ٢٠١٩", "2019-03-07 00:00:00"),
    "Persian digits": ("۲۰۱۹-۰۳-۰۷ ۰۸:۰۹", "2019-03-07 08:09:00"),
    "Hindi": ("गुरुवार, 7 मार्च 2019 08:09", "2019-03-07 08:09:00"),
    "Hindi digits": ("७ मार्च २०१९", "2019-03-07 00:00:00"),
    "Thai": ("7 มีนาคม 2019 08:09", "2019-03-07 08:09:00"),
    "Thai, in its own years": ("วันพฤหัสบดีที่ 7 มีนาคม พ.ศ. 2562 เวลา 08:09 น.", "2019-03-07 08:09:00"),
    "a bar before the time": ("March 7, 2019 | 8:09 am", "2019-03-07 08:09:00"),
    "a dash before the time": ("March 7, 2019 – 8:09 am", "2019-03-07 08:09:00"),
}

NO_DATES = {
    "empty": "",
    "words": "the day before yesterday",
    "no such day": "Sun, 31 Jun 2019 08:09:10 GMT",
    "no such hour": "2019-03-07T25:09:10Z",
    "no such month": "2019-13-07",
    "zeros": "0000-00-00 00:00:00",
    "no such offset": "2019-03-07T08:09:10+99:99",
    "an offset out of the calendar": "0001-01-01T00:00:00+14:00",
    "something after it": "2019-03-07T08:09:10-06:00and more",
    "four parts of a time": "Thu, 07 Mar 2019 8:9:10:11 GMT",
    "too many digits": "155194615012345678",
    "five digits that begin like a number": "19066",
    "long": "Thu, 07 Mar 2019 08:09:10 GMT" + " " * 300 + "x",
}


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(("raw", "expected"), WITH_ZONE.values(), ids=WITH_ZONE)
def test_a_date_with_a_zone_is_that_moment(raw: str, expected: str) -> None:
    assert parse_date(raw) == ParsedDate(_utc(expected), had_zone=True)


@pytest.mark.parametrize(("raw", "expected"), WITHOUT_ZONE.values(), ids=WITHOUT_ZONE)
def test_a_date_without_a_zone_is_taken_for_utc_and_says_so(raw: str, expected: str) -> None:
    assert parse_date(raw) == ParsedDate(_utc(expected), had_zone=False)


@pytest.mark.parametrize("raw", NO_DATES.values(), ids=NO_DATES)
def test_what_is_no_date_is_none(raw: str) -> None:
    assert parse_date(raw) is None


# From January to December, in full and, below, as these languages shorten them.
MONTHS = {
    "English": "January February March April May June July August September October November December",
    "French": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "German": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "Spanish": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "Italian": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "Portuguese": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "Dutch": "januari februari maart april mei juni juli augustus september oktober november december",
    "Swedish": "januari februari mars april maj juni juli augusti september oktober november december",
    "Danish": "januar februar marts april maj juni juli august september oktober november december",
    "Norwegian": "januar februar mars april mai juni juli august september oktober november desember",
    "Polish": "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
    "Turkish": "Ocak Şubat Mart Nisan Mayıs Haziran Temmuz Ağustos Eylül Ekim Kasım Aralık",
    "Hungarian": "január február március április május június július augusztus szeptember október november december",
    "Russian": "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
    "Greek": "Ιανουαρίου Φεβρουαρίου Μαρτίου Απριλίου Μαΐου Ιουνίου Ιουλίου Αυγούστου Σεπτεμβρίου Οκτωβρίου Νοεμβρίου Δεκεμβρίου",
    "Indonesian": "Januari Februari Maret April Mei Juni Juli Agustus September Oktober November Desember",
    "Romanian": "ianuarie februarie martie aprilie mai iunie iulie august septembrie octombrie noiembrie decembrie",
    "Czech": "ledna února března dubna května června července srpna září října listopadu prosince",
    "Ukrainian": "січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня",
    "Arabic": "يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر",
    "Persian": "ژانویه فوریه مارس آوریل مه ژوئن ژوئیه اوت سپتامبر اکتبر نوامبر دسامبر",
    "Urdu": "جنوری فروری مارچ اپریل مئی جون جولائی اگست ستمبر اکتوبر نومبر دسمبر",
    "Hindi": "जनवरी फरवरी मार्च अप्रैल मई जून जुलाई अगस्त सितंबर अक्टूबर नवंबर दिसंबर",
    "Bengali": "জানুয়ারি ফেব্রুয়ারি মার্চ এপ্রিল মে জুন জুলাই আগস্ট সেপ্টেম্বর অক্টোবর নভেম্বর ডিসেম্বর",
    "Thai": "มกราคม กุมภาพันธ์ มีนาคม เมษายน พฤษภาคม มิถุนายน กรกฎาคม สิงหาคม กันยายน ตุลาคม พฤศจิกายน ธันวาคม",
    "Thai, short": "ม.ค. ก.พ. มี.ค. เม.ย. พ.ค. มิ.ย. ก.ค. ส.ค. ก.ย. ต.ค. พ.ย. ธ.ค.",
    "English, short": "Jan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec",
    "French, short": "janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc.",
    "German, short": "Jan. Feb. Mrz. Apr. Mai Jun. Jul. Aug. Sep. Okt. Nov. Dez.",
    "Spanish, short": "ene. feb. mar. abr. may. jun. jul. ago. sep. oct. nov. dic.",
    "Italian, short": "gen feb mar apr mag giu lug ago set ott nov dic",
    "Portuguese, short": "jan fev mar abr mai jun jul ago set out nov dez",
    "Dutch, short": "jan feb mrt apr mei jun jul aug sep okt nov dec",
    "Polish, short": "sty lut mar kwi maj cze lip sie wrz paź lis gru",
    "Turkish, short": "Oca Şub Mar Nis May Haz Tem Ağu Eyl Eki Kas Ara",
    "Russian, short": "янв фев мар апр май июн июл авг сен окт ноя дек",
}


@pytest.mark.parametrize("names", MONTHS.values(), ids=MONTHS)
def test_every_month_in_every_language(names: str) -> None:
    found = [parse_date(f"7 {name} 2019 08:09") for name in names.split()]
    assert found == [
        ParsedDate(datetime(2019, month, 7, 8, 9, tzinfo=UTC), had_zone=False) for month in range(1, 13)
    ]


def _at(text: str, had_zone: bool = True) -> ParsedDate:
    return ParsedDate(_utc(text), had_zone)


SANITY = {
    "the source's own": (_at("2019-03-07"), None, "2019-03-07", "source"),
    "no zone": (_at("2019-03-07", had_zone=False), None, "2019-03-07", "no zone: UTC assumed"),
    "nothing": (None, None, "2026-11-23 12:00", "first seen"),
    "updated only": (None, _at("2019-03-07"), "2019-03-07", "updated"),
    "before 1990, updated later": (_at("1970-01-01"), _at("2019-03-07"), "2019-03-07", "updated"),
    "before 1990": (_at("1989-12-31 23:59:59"), None, "2026-11-23 12:00", "first seen"),
    "ten minutes ahead": (_at("2026-11-23 12:10"), None, "2026-11-23 12:10", "source"),
    "further ahead": (_at("2026-11-23 12:10:01"), None, "2026-11-23 12:00", "future"),
    "ahead, and updated in the past": (_at("2030-01-01"), _at("2019-03-07"), "2026-11-23 12:00", "future"),
    "updated ahead": (None, _at("2030-01-01"), "2026-11-23 12:00", "first seen"),
}


@pytest.mark.parametrize(("published", "updated", "when", "reason"), SANITY.values(), ids=SANITY)
def test_the_date_that_counts_and_why(
    published: ParsedDate | None, updated: ParsedDate | None, when: str, reason: str
) -> None:
    assert sane(published, updated, NOW) == (_utc(when), reason)


@given(st.text(max_size=250))
def test_no_text_raises_and_every_date_is_utc_in_whole_seconds(raw: str) -> None:
    found = parse_date(raw)
    assert found is None or (found.when.tzinfo is UTC and found.when.microsecond == 0)


@given(st.text("0123456789:-+/., TZtzWGMapmJunjul年월時分火曜", max_size=40))
def test_no_near_date_raises(raw: str) -> None:
    parse_date(raw)


@given(st.datetimes(timezones=st.just(UTC)), st.integers(-14 * 60, 14 * 60))
def test_iso_8601_and_rfc_2822_read_back_as_the_moment_that_was_written(when: datetime, minutes: int) -> None:
    assume(1 < when.year < 9999)
    when = when.replace(microsecond=0).astimezone(timezone(timedelta(minutes=minutes)))
    expected = ParsedDate(when.astimezone(UTC), had_zone=True)
    assert parse_date(when.isoformat()) == expected
    month = calendar.month_abbr[when.month]
    assert parse_date(f"Mon, {when.day} {month} {when.year:04} {when:%H:%M:%S %z}") == expected


@pytest.mark.parametrize("unit", [" ", "1", "1:11 ", "a", "mar ", "+", "1-", "1/", "(", ".", "٣"])
def test_no_input_is_slow(unit: str) -> None:
    """It ends; what is quadratic in a million characters would take hours."""
    for length in range(1, 201):
        parse_date((unit * 200)[:length])
    parse_date(unit * 1_000_000)


@pytest.mark.skipif(not CORPUS, reason="FEED_CORPUS is not set: the corpus of dates is NOT checked")
def test_the_corpus_of_dates() -> None:
    rows = [json.loads(line) for line in (Path(str(CORPUS)) / "dates/cases.jsonl").read_text().splitlines()]
    wrong = []
    for row in rows:
        found = parse_date(row["input"])
        said = f"{found.when:%Y-%m-%dT%H:%M:%SZ}".rjust(20, "0") if found else None
        if said != row["expected"]:
            wrong.append(row["input"])
    assert wrong == []
