-- The bank's sources as DuckDB reads them, by fixtures/bank/RULES.md. The loader sets the variables
-- `sources` (folder) and `dt` (business date).

CREATE MACRO code(x) AS nullif(upper(array_to_string(regexp_extract_all(x, '[A-Za-z0-9]+'), '')), '');
CREATE MACRO letters(x) AS upper(array_to_string(regexp_extract_all(x, '[A-Za-z]+'), ''));
CREATE MACRO word(x) AS nullif(upper(trim(x)), '');
CREATE MACRO known_segment(x) AS
  CASE WHEN list_contains(['RETAIL', 'AFFLUENT', 'PRIVATE', 'SME', 'CORPORATE'], word(x)) THEN word(x) END;
CREATE MACRO point(x) AS
  CASE WHEN contains(x, ',') THEN translate(translate(x, '. ', ''), ',', '.') ELSE translate(x, ' ', '') END;
CREATE MACRO amount(x) AS
  CASE WHEN regexp_full_match(point(x), '[+-]?\d+(\.\d+)?') THEN TRY_CAST(point(x) AS DECIMAL(18, 2)) END;
CREATE MACRO day_of(x) AS
  CASE
    WHEN regexp_full_match(trim(x), '\d{4}-\d{2}-\d{2}') THEN try_strptime(trim(x), '%Y-%m-%d')::DATE
    WHEN regexp_full_match(trim(x), '\d{2}\.\d{2}\.\d{4}') THEN try_strptime(trim(x), '%d.%m.%Y')::DATE
    WHEN regexp_full_match(trim(x), '\d{2}/\d{2}/\d{4}') THEN try_strptime(trim(x), '%d/%m/%Y')::DATE
  END;
CREATE MACRO file_of(x) AS parse_filename(x);
CREATE MACRO month_of(d) AS date_trunc('month', d)::DATE;
CREATE MACRO in_range(x) AS x >= -1000000 AND x <= 1000000;
-- Exact quotient of two integers with 4 decimals, half away from zero; the denominator is positive.
CREATE MACRO ratio4(a, b) AS
  ((sign(a) * ((abs(a)::HUGEINT * 20000 + b) // (2 * b::HUGEINT)))::DECIMAL(30, 0) * 0.0001::DECIMAL(5, 4))::DECIMAL(18, 4);
CREATE MACRO cents(x) AS (x * 100)::HUGEINT;

-- Reference data
CREATE TABLE branch AS
SELECT DISTINCT code(branch_code) AS branch_code, trim(branch_name) AS branch_name, trim(city) AS city,
       trim(region) AS region
FROM read_csv(getvariable('sources') || '/reference/branches.csv', all_varchar = true, header = true);

CREATE TABLE channel AS
SELECT DISTINCT letters(channel_code) AS channel_code, trim(channel_name) AS channel_name,
       trim(is_sales) = 'Y' AS is_sales, trim(is_contact) = 'Y' AS is_contact
FROM read_csv(getvariable('sources') || '/reference/channels.csv', all_varchar = true, header = true);

CREATE TABLE executive AS
SELECT DISTINCT code(executive_id) AS executive_id, trim(full_name) AS full_name,
       coalesce(code(branch_code), 'UNKNOWN') AS branch_code, word(level) AS level, day_of(hired_on) AS hired_on
FROM read_csv(getvariable('sources') || '/reference/executives.csv', all_varchar = true, header = true);

CREATE TABLE customer AS
SELECT DISTINCT code(customer_id) AS customer_id, trim(full_name) AS full_name,
       coalesce(known_segment(segment), 'UNKNOWN') AS segment, coalesce(code(branch_code), 'UNKNOWN') AS branch_code,
       coalesce(code(executive_id), 'UNKNOWN') AS executive_id, trim(city) AS city, day_of(opened_on) AS opened_on
FROM read_csv(getvariable('sources') || '/reference/customers.csv', all_varchar = true, header = true);

CREATE TABLE calendar AS
SELECT day_of(calendar_date) AS calendar_date, trim(is_business_day) = 'Y' AS is_business_day,
       nullif(trim(holiday_name), '') AS holiday_name
FROM read_csv(getvariable('sources') || '/reference/business_calendar.csv', all_varchar = true, header = true);

-- Feeds read as lines, whatever their line ends
CREATE TABLE cdc_line AS
SELECT file_of(filename) AS file, rtrim(unnest(string_split(content, chr(10))), chr(13)) AS line
FROM read_text(getvariable('sources') || '/customer_profit_cdc/*.jsonl');
DELETE FROM cdc_line WHERE line = '';

CREATE TABLE executive_line AS
SELECT file_of(filename) AS file, rtrim(unnest(string_split(content, chr(10))), chr(13)) AS line
FROM read_text(getvariable('sources') || '/executive_channel_profit/*.csv');
DELETE FROM executive_line WHERE line = '' OR line LIKE 'Executive;Channel;%';

CREATE TABLE performance_line AS
SELECT file_of(filename) AS file, rtrim(unnest(string_split(content, chr(10))), chr(13)) AS line
FROM read_text(getvariable('sources') || '/communication_performance/*.jsonl');
DELETE FROM performance_line WHERE line = '';

-- 1. The change feed
CREATE TABLE cdc_parsed AS
SELECT file, line, TRY_CAST(document ->> '$.seq' AS BIGINT) AS seq, word(document ->> '$.op') AS op,
       trim(document ->> '$.ts') AS ts, document
FROM (SELECT file, line, CASE WHEN json_valid(line) THEN line::JSON END AS document FROM cdc_line);

CREATE TABLE cdc AS
WITH once AS (
  SELECT seq, max_by({file: file, op: op, ts: ts, document: document}, {file: file, line: line}) AS e
  FROM cdc_parsed WHERE seq IS NOT NULL GROUP BY seq
  UNION ALL
  SELECT NULL, {file: file, op: op, ts: ts, document: document} FROM cdc_parsed WHERE seq IS NULL
),
fields AS (
  SELECT seq, e.file AS file, e.op AS op, e.ts AS ts,
         json_extract(e.document, CASE WHEN e.op = 'D' THEN '$.before' ELSE '$.after' END) AS image
  FROM once
),
typed AS (
  SELECT seq, file, op, coalesce(json_type(image), 'NULL') AS image_type, code(image ->> '$.customer_id') AS customer_id,
         day_of(left(ts, 10)) AS event_date,
         regexp_matches(ts, '^.{10}[T ]([01]\d|2[0-3]):[0-5]\d:[0-5]\dZ?$') AS has_clock,
         amount(image ->> '$.profit.amount') AS profit,
         coalesce(word(image ->> '$.profit.currency'), 'EUR') AS currency,
         known_segment(image ->> '$.segment') AS segment, code(image ->> '$.branch_code') AS branch_code,
         code(image ->> '$.executive_id') AS executive_id
  FROM fields
)
SELECT *,
  CASE
    WHEN seq IS NULL THEN 'malformed record'
    WHEN op NOT IN ('I', 'U', 'D') OR op IS NULL THEN 'unknown operation'
    WHEN image_type <> 'OBJECT' THEN 'missing image'
    WHEN customer_id IS NULL THEN 'missing customer'
    WHEN customer_id NOT IN (SELECT customer_id FROM customer) THEN 'unknown customer'
    WHEN event_date IS NULL OR NOT has_clock THEN 'invalid time'
    WHEN profit IS NULL THEN 'invalid amount'
    WHEN NOT in_range(profit) THEN 'amount out of range'
    WHEN currency <> 'EUR' THEN 'unsupported currency'
  END AS reason
FROM typed;

-- Accepted events that the run may see
CREATE TABLE change AS
SELECT * FROM cdc WHERE reason IS NULL AND event_date <= getvariable('dt')::DATE;

-- 2. Profit per customer and business day
CREATE TABLE history AS
WITH typed AS (
  SELECT code(customer_id) AS customer_id, amount(profit) AS profit, coalesce(word(currency), 'EUR') AS currency,
         booked_at, regexp_extract(filename, 'business_day=(\d{4}-\d{2}-\d{2})', 1)::DATE AS business_day,
         'business_day=' || regexp_extract(filename, 'business_day=([^/]+/[^/]+)$', 1) AS file
  FROM read_csv(getvariable('sources') || '/profit_history/*/*.csv', all_varchar = true, header = true,
                filename = true, hive_partitioning = false)
)
SELECT *,
  CASE
    WHEN customer_id IS NULL THEN 'missing customer'
    WHEN customer_id NOT IN (SELECT customer_id FROM customer) THEN 'unknown customer'
    WHEN profit IS NULL THEN 'invalid amount'
    WHEN NOT in_range(profit) THEN 'amount out of range'
    WHEN currency <> 'EUR' THEN 'unsupported currency'
  END AS reason
FROM typed;

CREATE TABLE booked AS
SELECT customer_id, business_day, max_by(profit, {booked_at: booked_at, profit: profit}) AS profit
FROM history WHERE reason IS NULL GROUP BY ALL;

-- 3. Profit per executive and channel
CREATE TABLE executive_row AS
WITH split AS (
  SELECT file, regexp_extract(
    line, '^([^;]*);([^;]*);([^;]*);([^;]*);([^;]*);("(?:[^"]|"")*"|[^;]*);([^;]+)$',
    ['executive', 'channel', 'day', 'profit', 'currency', 'note', 'load_id']) AS f
  FROM executive_line
),
typed AS (
  SELECT file, f.load_id AS load_id, code(f.executive) AS executive_id, letters(f.channel) AS channel_code,
         day_of(f.day) AS profit_date, amount(f.profit) AS profit, coalesce(word(f.currency), 'EUR') AS currency
  FROM split
)
SELECT *,
  CASE
    WHEN load_id = '' THEN 'malformed record'
    WHEN executive_id IS NULL THEN 'missing executive'
    WHEN executive_id NOT IN (SELECT executive_id FROM executive) THEN 'unknown executive'
    WHEN channel_code NOT IN (SELECT channel_code FROM channel WHERE is_sales) THEN 'unknown channel'
    WHEN profit_date IS NULL THEN 'invalid date'
    WHEN profit IS NULL THEN 'invalid amount'
    WHEN NOT in_range(profit) THEN 'amount out of range'
    WHEN currency <> 'EUR' THEN 'unsupported currency'
  END AS reason
FROM typed;

CREATE TABLE executive_profit AS
SELECT executive_id, channel_code, profit_date, max_by(profit, {load_id: load_id, profit: profit}) AS profit
FROM executive_row WHERE reason IS NULL GROUP BY ALL;

-- 4. Communications per month
CREATE TABLE communication_row AS
WITH typed AS (
  SELECT file_of(filename) AS file, code(customer_id) AS customer_id, letters(coalesce(channel, '')) AS channel_code,
         exported_at,
         CASE
           WHEN regexp_full_match(trim(month), '\d{4}-\d{2}') THEN try_strptime(trim(month) || '-01', '%Y-%m-%d')::DATE
           WHEN regexp_full_match(trim(month), '\d{6}') THEN try_strptime(trim(month) || '01', '%Y%m%d')::DATE
           WHEN regexp_full_match(trim(month), '\d{2}/\d{4}') THEN try_strptime('01/' || trim(month), '%d/%m/%Y')::DATE
         END AS month,
         CASE WHEN regexp_full_match(trim(communications), '-?\d+') THEN TRY_CAST(trim(communications) AS BIGINT) END
           AS communications
  FROM read_csv(getvariable('sources') || '/communications_monthly/*.csv', all_varchar = true, header = true,
                filename = true)
)
SELECT *,
  CASE
    WHEN customer_id IS NULL THEN 'missing customer'
    WHEN customer_id NOT IN (SELECT customer_id FROM customer) THEN 'unknown customer'
    WHEN channel_code NOT IN (SELECT channel_code FROM channel WHERE is_contact) THEN 'unknown channel'
    WHEN month IS NULL THEN 'invalid month'
    WHEN communications IS NULL THEN 'invalid count'
    WHEN communications < 0 OR communications > 1000 THEN 'count out of range'
  END AS reason
FROM typed;

CREATE TABLE communication AS
SELECT customer_id, channel_code, month,
       max_by(communications, {exported_at: exported_at, communications: communications}) AS communications
FROM communication_row
WHERE reason IS NULL AND month <= getvariable('dt')::DATE
GROUP BY ALL;

-- 5. Performance of communications
CREATE TABLE campaign AS
WITH records AS (
  SELECT file, line, CASE WHEN json_valid(line) THEN line::JSON END AS document FROM performance_line
),
fields AS (
  SELECT file, document, word(document ->> '$.campaign.id') AS campaign_id,
         (document ->> '$.version')::BIGINT AS version, document ->> '$.exported_at' AS exported_at
  FROM records
),
latest AS (
  SELECT campaign_id, max_by({file: file, document: document}, {v: version, e: exported_at, f: file}) AS r
  FROM fields WHERE campaign_id IS NOT NULL GROUP BY campaign_id
  UNION ALL
  SELECT NULL, {file: file, document: document} FROM fields WHERE campaign_id IS NULL
)
SELECT campaign_id, r.file AS file, trim(r.document ->> '$.campaign.name') AS campaign_name,
       letters(r.document ->> '$.campaign.channel') AS channel_code,
       r.document AS document,
       CASE
         WHEN r.document IS NULL THEN 'malformed record'
         WHEN campaign_id IS NULL THEN 'missing campaign'
         WHEN letters(coalesce(r.document ->> '$.campaign.channel', '')) NOT IN
              (SELECT channel_code FROM channel WHERE is_contact) THEN 'unknown channel'
         WHEN coalesce(json_array_length(r.document, '$.results'), 0) = 0 THEN 'no results'
       END AS reason
FROM latest;

CREATE TABLE campaign_result AS
WITH results AS (
  SELECT campaign_id, campaign_name, channel_code, file, unnest(json_extract(document, '$.results[*]')) AS x
  FROM campaign WHERE reason IS NULL
),
typed AS (
  SELECT campaign_id, campaign_name, channel_code, file, day_of(x ->> '$.day') AS performance_date,
         (x ->> '$.metrics.sent')::BIGINT AS sent, (x ->> '$.metrics.delivered')::BIGINT AS delivered,
         (x ->> '$.metrics.opened')::BIGINT AS opened, (x ->> '$.metrics.clicked')::BIGINT AS clicked,
         (x ->> '$.metrics.converted')::BIGINT AS converted,
         list_transform(x ->> '$.segments[*]', lambda s: coalesce(known_segment(s), 'UNKNOWN')) AS segments
  FROM results
)
SELECT *,
  CASE
    WHEN performance_date IS NULL THEN 'invalid date'
    WHEN sent + delivered + opened + clicked + converted IS NULL THEN 'missing metric'
    WHEN sent < delivered OR delivered < opened OR opened < clicked OR clicked < converted OR converted < 0
      THEN 'inconsistent metrics'
  END AS reason
FROM typed;

-- What was rejected
CREATE TABLE reject AS
SELECT 'customer_profit_cdc' AS source, reason, file FROM cdc
UNION ALL SELECT 'profit_history', reason, file FROM history
UNION ALL SELECT 'executive_channel_profit', reason, file FROM executive_row
UNION ALL SELECT 'communications_monthly', reason, file FROM communication_row
UNION ALL SELECT 'communication_performance', reason, file FROM campaign
UNION ALL SELECT 'communication_performance', reason, file FROM campaign_result;
