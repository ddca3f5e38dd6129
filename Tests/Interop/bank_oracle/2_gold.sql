-- The GOLD tables, column for column, by fixtures/bank/RULES.md.
CREATE SCHEMA expected_silver;
CREATE SCHEMA expected_gold;

CREATE TABLE expected_silver.rejects AS
SELECT source, reason, file AS source_file, count(*) AS records
FROM reject WHERE reason IS NOT NULL GROUP BY ALL;

-- States of each customer: what is known after each event
CREATE TABLE state AS
WITH all_states AS (
  SELECT customer_id, opened_on AS day, 0::BIGINT AS seq, 'I' AS op, NULL::DECIMAL(18, 2) AS profit,
         segment, branch_code, executive_id
  FROM customer
  UNION ALL
  SELECT customer_id, event_date, seq, op, profit, segment, branch_code, executive_id FROM change
)
SELECT customer_id, day, seq, op, profit,
       arg_max(segment, seq) FILTER (segment IS NOT NULL) OVER upto AS segment,
       arg_max(branch_code, seq) FILTER (branch_code IS NOT NULL) OVER upto AS branch_code,
       arg_max(executive_id, seq) FILTER (executive_id IS NOT NULL) OVER upto AS executive_id
FROM all_states
WINDOW upto AS (PARTITION BY customer_id ORDER BY day, seq RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW);

CREATE TABLE expected_gold.customer_profit_current AS
WITH last_state AS (
  SELECT customer_id, max_by({op: op, profit: profit, day: day, segment: segment, branch_code: branch_code,
                              executive_id: executive_id}, seq) AS s,
         count(*) AS events
  FROM state WHERE seq > 0 GROUP BY customer_id
)
SELECT customer_id, full_name, s.segment AS segment, s.branch_code AS branch_code, s.executive_id AS executive_id,
       s.profit AS profit, s.day AS last_event_date, events,
       (1 + (SELECT count(*) FROM last_state o
             WHERE o.s.op <> 'D' AND o.s.segment = l.s.segment
               AND (o.s.profit > l.s.profit OR (o.s.profit = l.s.profit AND o.customer_id < l.customer_id)))
       )::INTEGER AS segment_rank,
       getvariable('dt')::DATE AS as_of
FROM last_state l
JOIN customer USING (customer_id)
WHERE s.op <> 'D';

CREATE TABLE expected_gold.customer_profit_daily AS
WITH kept AS (
  SELECT b.* FROM booked b JOIN calendar c ON c.calendar_date = b.business_day
  WHERE c.is_business_day AND b.business_day <= getvariable('dt')::DATE
),
numbered AS (
  SELECT *, list(profit) OVER (PARTITION BY customer_id ORDER BY business_day ROWS BETWEEN 4 PRECEDING AND CURRENT ROW) AS five,
         list(profit) OVER (PARTITION BY customer_id, year(business_day), month(business_day) ORDER BY business_day) AS month
  FROM kept
)
SELECT customer_id, profit,
       CASE WHEN len(five) > 1 THEN five[-2] END AS previous_profit,
       (CASE WHEN len(five) > 1 THEN profit - five[-2] ELSE 0 END)::DECIMAL(18, 2) AS profit_change,
       list_sum(month)::DECIMAL(18, 2) AS month_to_date_profit,
       list_sum(five)::DECIMAL(18, 2) AS last_five_rows_profit,
       business_day
FROM numbered;

CREATE TABLE expected_gold.executive_channel_profit AS
SELECT p.executive_id, x.full_name AS executive_name, x.branch_code, p.channel_code AS channel, p.profit_date, p.profit,
       sum(p.profit) OVER (PARTITION BY p.executive_id, p.channel_code, month_of(p.profit_date) ORDER BY p.profit_date)
         ::DECIMAL(18, 2) AS month_to_date_profit,
       month_of(p.profit_date) AS profit_month
FROM executive_profit p JOIN executive x USING (executive_id)
WHERE p.profit_date <= getvariable('dt')::DATE;

CREATE TABLE expected_gold.executive_channel_month AS
WITH per_month AS (
  SELECT executive_id, channel, profit_month, sum(profit)::DECIMAL(18, 2) AS profit, count(*) AS active_days,
         max(profit) AS best_day
  FROM expected_gold.executive_channel_profit GROUP BY ALL
)
SELECT executive_id, channel, profit, active_days, best_day,
       row_number() OVER (PARTITION BY channel, profit_month ORDER BY profit DESC, executive_id)::INTEGER AS channel_rank,
       CASE WHEN sum(profit) OVER whole > 0
            THEN ratio4(100 * cents(profit), cents(sum(profit) OVER whole)) END AS share_percent,
       profit_month
FROM per_month
WINDOW whole AS (PARTITION BY channel, profit_month);

CREATE TABLE expected_gold.communications_monthly AS
WITH per_customer AS (
  SELECT customer_id, month, sum(communications)::BIGINT AS total_in_month, count(*) AS channels_used
  FROM communication GROUP BY ALL
)
SELECT m.customer_id, c.segment, m.channel_code AS channel, m.communications, t.total_in_month, t.channels_used, m.month
FROM communication m JOIN per_customer t USING (customer_id, month) JOIN customer c USING (customer_id);

CREATE TABLE expected_gold.communications_summary AS
SELECT c.segment, m.channel_code AS channel, count(DISTINCT m.customer_id) AS customers,
       sum(m.communications)::BIGINT AS communications, max(m.communications) AS most_for_a_customer,
       ratio4(sum(m.communications), count(*)) AS average_per_customer, m.month
FROM communication m JOIN customer c USING (customer_id)
GROUP BY c.segment, m.channel_code, m.month;

CREATE TABLE good_result AS SELECT * FROM campaign_result WHERE reason IS NULL;

CREATE TABLE expected_gold.campaign_performance AS
SELECT r.campaign_id, r.campaign_name, r.channel_code AS channel, r.performance_date, r.sent, r.delivered, r.opened,
       r.clicked, r.converted,
       (SELECT sum(o.sent) FROM good_result o
        WHERE o.campaign_id = r.campaign_id AND o.performance_date <= r.performance_date)::BIGINT AS sent_to_date,
       (SELECT sum(o.converted) FROM good_result o
        WHERE o.campaign_id = r.campaign_id AND o.performance_date <= r.performance_date)::BIGINT AS converted_to_date,
       month_of(r.performance_date) AS performance_month
FROM good_result r
WHERE r.performance_date <= getvariable('dt')::DATE;

CREATE TABLE expected_gold.campaign_summary AS
WITH segment_count AS (
  SELECT campaign_id, count(DISTINCT segment) AS segments
  FROM (SELECT campaign_id, unnest(segments) AS segment FROM good_result) GROUP BY campaign_id
),
totals AS (
  SELECT campaign_id, any_value(campaign_name) AS campaign_name, any_value(channel_code) AS channel,
         min(performance_date) AS first_day, max(performance_date) AS last_day, count(*) AS active_days,
         sum(sent)::BIGINT AS sent, sum(delivered)::BIGINT AS delivered, sum(opened)::BIGINT AS opened,
         sum(clicked)::BIGINT AS clicked, sum(converted)::BIGINT AS converted
  FROM good_result
  WHERE performance_date <= getvariable('dt')::DATE
  GROUP BY campaign_id
)
SELECT campaign_id, campaign_name, channel, first_day, last_day, active_days, coalesce(segments, 0) AS segments,
       sent, delivered, opened, clicked, converted,
       CASE WHEN sent > 0 THEN ratio4(100 * delivered, sent)::DECIMAL(9, 4) END AS delivery_percent,
       CASE WHEN delivered > 0 THEN ratio4(100 * opened, delivered)::DECIMAL(9, 4) END AS open_percent,
       CASE WHEN opened > 0 THEN ratio4(100 * clicked, opened)::DECIMAL(9, 4) END AS click_percent,
       CASE WHEN sent > 0 THEN ratio4(100 * converted, sent)::DECIMAL(9, 4) END AS conversion_percent,
       month_of(first_day) AS performance_month
FROM totals LEFT JOIN segment_count USING (campaign_id);
