# Zerodha Kite Connect 3. 0 stands for none in prices; times are those of Asia/Kolkata, without a zone.
def some: if . == 0 or . == "" then null else . end;
def time: if . == null or . == "" then null else .[0:10] + "T" + .[11:] + "+05:30" end;
def order_class:
  if .status == "COMPLETE" then "done"
  elif .status == "REJECTED" then "rejected"
  elif .status | startswith("CANCELLED") then "dead"
  elif (.filled_quantity // 0) > 0 then "part"
  else "open" end;
def instrument: "\(.exchange):\(.tradingsymbol)";
def stock: {symbol: .tradingsymbol, instrumentId: instrument, exchange, segment: .exchange};
def order:
  {id: .order_id, parentId: .parent_order_id, symbol: .tradingsymbol, orderSide: .transaction_type,
   orderType: .order_type, productType: .product, quantity, filledQuantity: .filled_quantity,
   price: ((.price | some) // (.trigger_price | some)), averagePrice: (.average_price | some),
   status, class: order_class, failureReason: .status_message, currency: "INR",
   createdAt: (.order_timestamp | time),
   executedAt: (if .status == "COMPLETE" then .exchange_update_timestamp | time else null end),
   updatedAt: (.exchange_update_timestamp | time), stock: stock, raw: .};
def orders: .data | reverse | map(order);
def positions:
  .data.net | map({id: "\(instrument):\(.product)", symbol: .tradingsymbol, quantity,
    averagePrice: (.average_price | some), currentPrice: (.last_price | some),
    unrealizedPnL: .unrealised, dayPnL: .m2m, realizedPnL: .realised, productType: .product,
    isClosed: (.quantity == 0), currency: "INR", multiplier, stock: stock, raw: .});
# What may be spent and what is blocked make up the balance.
def account:
  .data.equity | {id: "equity", currency: "INR", balance: .available.cash, availableMargin: .net,
                  usedMargin: .utilised.debits, raw: .};
def watchlist:
  map({id: .name, name, items: [.name as $list | .symbols[] | . as $id |
       (if contains(":") then split(":")[0] else null end) as $exchange |
       {id: "\($list)/\($id)",
        stock: {symbol: ltrimstr("\($exchange):"), instrumentId: $id, exchange: $exchange,
                segment: $exchange}}]});
def quotes:
  {updates: [.data | to_entries[] |
     {instrumentId: .key, symbol: (.key | split(":")[1:] | join(":")), ltp: .value.last_price,
      open: .value.ohlc.open, high: .value.ohlc.high, low: .value.ohlc.low,
      close: .value.ohlc.close, volume: .value.volume}]};
# From 9:00 to 23:55 on weekdays something is open: shares close earlier, commodities do not.
def clock:
  19800 as $zone | (.now + $zone) as $local | ($local - $local % 86400) as $day |
  ((($day / 86400 | floor) + 4) % 7) as $weekday | ($local - $day) as $second |
  ($weekday >= 1 and $weekday <= 5) as $works |
  if $works and $second >= 32400 and $second < 86100 then
    {open: true, next: ($day + 86100 - $zone | todate)}
  else
    (if $works and $second < 32400 then 0
     elif $weekday == 5 then 3 elif $weekday == 6 then 2 else 1 end) as $days |
    {open: false, next: ($day + $days * 86400 + 32400 - $zone | todate)}
  end;
def refusal:
  if type == "object" then {text: .message, expired: (.error_type == "TokenException")} else . end;
