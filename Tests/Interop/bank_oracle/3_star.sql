-- The STAR tables, column for column, by fixtures/bank/RULES.md.
CREATE SCHEMA expected_star;
CREATE MACRO date_key(d) AS strftime(d, '%Y%m%d')::INTEGER;

CREATE TABLE expected_star.dim_date AS
SELECT date_key(calendar_date) AS date_key, calendar_date, year(calendar_date)::INTEGER AS year,
       quarter(calendar_date)::INTEGER AS quarter, month(calendar_date)::INTEGER AS month,
       day(calendar_date)::INTEGER AS day, (dayofweek(calendar_date) + 1)::INTEGER AS day_of_week,
       weekofyear(calendar_date)::INTEGER AS week_of_year, month_of(calendar_date) AS month_start,
       is_business_day, holiday_name
FROM calendar;

CREATE TABLE expected_star.dim_channel AS
SELECT channel_code AS channel_key, channel_name, is_sales, is_contact FROM channel
UNION ALL VALUES ('UNKNOWN', 'Unknown', false, false);

CREATE TABLE expected_star.dim_branch AS
SELECT branch_code AS branch_key, branch_name, city, region FROM branch
UNION ALL VALUES ('UNKNOWN', 'Unknown', 'Unknown', 'Unknown');

CREATE TABLE expected_star.dim_executive AS
SELECT x.executive_id AS executive_key, x.full_name, x.level, x.branch_code AS branch_key,
       coalesce(b.branch_name, 'Unknown') AS branch_name, coalesce(b.region, 'Unknown') AS region, x.hired_on
FROM executive x LEFT JOIN branch b USING (branch_code)
UNION ALL VALUES ('UNKNOWN', 'Unknown', 'UNKNOWN', 'UNKNOWN', 'Unknown', 'Unknown', NULL::DATE);

CREATE TABLE expected_star.dim_customer AS
WITH per_day AS (
  SELECT customer_id, day,
         max_by(CASE WHEN op = 'D' THEN NULL
                     ELSE {segment: segment, branch_code: branch_code, executive_id: executive_id} END, seq)
           FILTER (op <> 'D') AS live,
         max_by(op, seq) = 'D' AS gone
  FROM state GROUP BY customer_id, day
),
marked AS (
  SELECT customer_id, day, gone, CASE WHEN NOT gone THEN live END AS s,
         lag(CASE WHEN NOT gone THEN live END) OVER w AS before
  FROM per_day WINDOW w AS (PARTITION BY customer_id ORDER BY day)
),
-- Where a version begins or one ends for good
edges AS (SELECT * FROM marked WHERE s IS DISTINCT FROM before),
spans AS (
  SELECT *, min(day) OVER (PARTITION BY customer_id ORDER BY day ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) AS ends
  FROM edges
)
SELECT md5(customer_id || '|' || strftime(day, '%Y-%m-%d')) AS customer_key, customer_id, c.full_name, c.city,
       s.segment AS segment, s.branch_code AS branch_key, s.executive_id AS executive_key,
       day AS valid_from, ends AS valid_to, ends IS NULL AS is_current,
       (count(*) OVER (PARTITION BY customer_id ORDER BY day))::INTEGER AS version
FROM spans JOIN customer c USING (customer_id)
WHERE NOT gone
UNION ALL
VALUES ('UNKNOWN', 'UNKNOWN', 'Unknown', 'Unknown', 'UNKNOWN', 'UNKNOWN', 'UNKNOWN', DATE '1900-01-01', NULL::DATE, true, 0);

CREATE TABLE expected_star.fact_profit AS
SELECT date_key(p.business_day) AS date_key, coalesce(v.customer_key, 'UNKNOWN') AS customer_key,
       coalesce(v.executive_key, 'UNKNOWN') AS executive_key, coalesce(v.branch_key, 'UNKNOWN') AS branch_key,
       p.profit, p.profit_change, p.month_to_date_profit, month_of(p.business_day) AS profit_month
FROM expected_gold.customer_profit_daily p
ASOF LEFT JOIN expected_star.dim_customer a ON a.customer_id = p.customer_id AND p.business_day >= a.valid_from
LEFT JOIN expected_star.dim_customer v
  ON v.customer_key = a.customer_key AND p.business_day < coalesce(v.valid_to, DATE '9999-12-31');

CREATE TABLE expected_star.fact_executive_profit AS
SELECT date_key(profit_date) AS date_key, executive_id AS executive_key, branch_code AS branch_key,
       channel AS channel_key, profit, profit_month
FROM expected_gold.executive_channel_profit;

CREATE TABLE expected_star.fact_communications AS
SELECT date_key(m.month) AS date_key, coalesce(v.customer_key, 'UNKNOWN') AS customer_key, m.channel AS channel_key,
       m.communications, m.month
FROM expected_gold.communications_monthly m
ASOF LEFT JOIN expected_star.dim_customer a ON a.customer_id = m.customer_id AND last_day(m.month) >= a.valid_from
LEFT JOIN expected_star.dim_customer v
  ON v.customer_key = a.customer_key AND last_day(m.month) < coalesce(v.valid_to, DATE '9999-12-31');

CREATE TABLE expected_star.fact_campaign_performance AS
SELECT date_key(performance_date) AS date_key, campaign_id, channel AS channel_key, sent, delivered, opened, clicked,
       converted, performance_month
FROM expected_gold.campaign_performance;
