-- The tables of the Star Schema Benchmark (P. O'Neil, E. O'Neil, X. Chen: "Star Schema Benchmark", 2009), made from those
-- of TPC-H: its rows, the sizes and columns of the star. Written for DuckDB; a variable holds the scale.

create table date as
select year(d) * 10000 + month(d) * 100 + day(d) as d_datekey, strftime(d, '%B %-d, %Y') as d_date,
       dayname(d) as d_dayofweek, monthname(d) as d_month, year(d)::int as d_year,
       (year(d) * 100 + month(d))::int as d_yearmonthnum, strftime(d, '%b%Y') as d_yearmonth,
       (dayofweek(d) + 1)::int as d_daynuminweek, day(d)::int as d_daynuminmonth, dayofyear(d)::int as d_daynuminyear,
       month(d)::int as d_monthnuminyear, ((dayofyear(d) - 1) // 7 + 1)::int as d_weeknuminyear,
       case when month(d) = 12 then 'Christmas' when month(d) in (6, 7, 8) then 'Summer' when month(d) in (9, 10, 11)
            then 'Fall' when month(d) in (3, 4, 5) then 'Spring' else 'Winter' end as d_sellingseason
from (select d::date as d from generate_series(date '1992-01-01', date '1998-12-31', interval 1 day) as t(d));

create table customer as
select c_custkey::int as c_custkey, c_name, c_address, rpad(substr(n_name, 1, 9), 9, ' ') || c_custkey % 10 as c_city,
       n_name as c_nation, r_name as c_region, c_phone, c_mktsegment
from tpch.customer join tpch.nation on c_nationkey = n_nationkey join tpch.region on n_regionkey = r_regionkey
where c_custkey <= 30000 * getvariable('scale') order by c_custkey;

create table supplier as
select s_suppkey::int as s_suppkey, s_name, s_address, rpad(substr(n_name, 1, 9), 9, ' ') || s_suppkey % 10 as s_city,
       n_name as s_nation, r_name as s_region, s_phone
from tpch.supplier join tpch.nation on s_nationkey = n_nationkey join tpch.region on n_regionkey = r_regionkey
where s_suppkey <= 2000 * getvariable('scale') order by s_suppkey;

create table part as
select p_partkey::int as p_partkey, p_name, 'MFGR#' || p_brand[7] as p_mfgr, 'MFGR#' || p_brand[7:8] as p_category,
       'MFGR#' || p_brand[7:8] || (p_partkey * 7 % 40 + 1) as p_brand1, split_part(p_name, ' ', 1) as p_color, p_type,
       p_size::int as p_size, p_container
from tpch.part order by p_partkey;

create table lineorder as
select l_orderkey as lo_orderkey, l_linenumber::int as lo_linenumber,
       (o_custkey % (30000 * getvariable('scale'))::int + 1)::int as lo_custkey, l_partkey::int as lo_partkey,
       (l_suppkey % (2000 * getvariable('scale'))::int + 1)::int as lo_suppkey,
       (year(o_orderdate) * 10000 + month(o_orderdate) * 100 + day(o_orderdate))::int as lo_orderdate,
       o_orderpriority as lo_orderpriority, o_shippriority::int as lo_shippriority, l_quantity::int as lo_quantity,
       (l_extendedprice * 100)::int as lo_extendedprice, (o_totalprice * 100)::int as lo_ordtotalprice,
       (l_discount * 100)::int as lo_discount, (l_extendedprice * (100 - l_discount * 100))::int as lo_revenue,
       (l_extendedprice / l_quantity * 60)::int as lo_supplycost, (l_tax * 100)::int as lo_tax,
       (year(l_commitdate) * 10000 + month(l_commitdate) * 100 + day(l_commitdate))::int as lo_commitdate,
       l_shipmode as lo_shipmode
from tpch.lineitem join tpch.orders on l_orderkey = o_orderkey order by lo_orderkey, lo_linenumber;
