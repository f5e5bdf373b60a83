package page

import (
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// answer is the result of a call. It is shared by readers, so nobody changes it.
type answer struct {
	call    call
	columns []string
	// rows hold nil, bool, int64, float64, string, time.Duration, time.Time, []string and []int64.
	rows [][]any
	at   time.Time
	took time.Duration
}

// readAnswer reads all rows and closes them.
func readAnswer(c call, rows pgx.Rows, began time.Time) (*answer, error) {
	defer rows.Close()
	a := &answer{call: c}
	for rows.Next() {
		values, err := rows.Values()
		if err != nil {
			return nil, err
		}
		for i, value := range values {
			values[i] = plainValue(value)
		}
		a.rows = append(a.rows, values)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	for _, field := range rows.FieldDescriptions() {
		a.columns = append(a.columns, field.Name)
	}
	a.at = time.Now()
	a.took = a.at.Sub(began)
	return a, nil
}

// plainValue returns a value of the driver as one of those that answers hold.
func plainValue(value any) any {
	switch v := value.(type) {
	case nil, bool, int64, float64, string, time.Time:
		return v
	case int16:
		return int64(v)
	case int32:
		return int64(v)
	case float32:
		return float64(v)
	case [16]byte:
		return uuid.UUID(v).String()
	case netip.Prefix:
		if v.IsSingleIP() {
			return v.Addr().String()
		}
		return v.String()
	case pgtype.Interval:
		return time.Duration(v.Microseconds)*time.Microsecond + time.Duration(v.Days+30*v.Months)*24*time.Hour
	case pgtype.Numeric:
		f, err := v.Float64Value()
		if err != nil || !f.Valid || math.IsNaN(f.Float64) {
			return nil
		}
		return f.Float64
	case []any:
		return plainList(v)
	}
	return fmt.Sprint(value)
}

// plainList returns numbers as []int64, anything else as []string.
func plainList(values []any) any {
	numbers, texts := []int64{}, []string{}
	for _, value := range values {
		value = plainValue(value)
		if n, ok := value.(int64); ok {
			numbers = append(numbers, n)
		}
		texts = append(texts, fmt.Sprint(value))
	}
	if len(numbers) == len(texts) {
		return numbers
	}
	return texts
}

// row is one row of an answer, whose values are found by name. A name that the answer lacks is
// NULL.
type row struct {
	answer *answer
	values []any
}

// all returns the rows; a nil answer has none.
func (a *answer) all() []row {
	if a == nil {
		return nil
	}
	rows := make([]row, len(a.rows))
	for i, values := range a.rows {
		rows[i] = row{a, values}
	}
	return rows
}

// first returns the first row, which has only NULLs if there is none.
func (a *answer) first() row {
	if all := a.all(); len(all) > 0 {
		return all[0]
	}
	return row{}
}

func (r row) value(name string) any {
	if r.answer == nil {
		return nil
	}
	if i := slices.Index(r.answer.columns, name); i >= 0 {
		return r.values[i]
	}
	return nil
}

// text returns a value as text, empty for NULL.
func (r row) text(name string) string {
	if value := r.value(name); value != nil {
		return csvValue(value)
	}
	return ""
}

// number returns a number, 0 for NULL.
func (r row) number(name string) float64 {
	switch v := r.value(name).(type) {
	case int64:
		return float64(v)
	case float64:
		return v
	}
	return 0
}

func (r row) duration(name string) time.Duration {
	d, _ := r.value(name).(time.Duration)
	return d
}

func (r row) time(name string) time.Time {
	t, _ := r.value(name).(time.Time)
	return t
}

// jsonValue returns a value as it stands in JSON: durations are seconds.
func jsonValue(value any) any {
	switch v := value.(type) {
	case time.Duration:
		return v.Seconds()
	case time.Time:
		return v.UTC().Format(time.RFC3339Nano)
	}
	return value
}

// csvValue returns a value as text: durations are seconds, times are UTC.
func csvValue(value any) string {
	switch v := jsonValue(value).(type) {
	case nil:
		return ""
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case []string:
		return strings.Join(v, " ")
	default:
		return fmt.Sprint(v)
	}
}

// writeCSV writes an answer with a row of names. A spreadsheet would run what begins like a
// formula, so an apostrophe precedes it.
func (a *answer) writeCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	if err := out.Write(a.columns); err != nil {
		return err
	}
	for _, values := range a.rows {
		record := make([]string, len(values))
		for i, value := range values {
			record[i] = csvValue(value)
			if _, isText := value.(string); isText && strings.ContainsAny(record[i][:min(1, len(record[i]))], "=+-@\t\r") {
				record[i] = "'" + record[i]
			}
		}
		if err := out.Write(record); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}
