# Alpaca Trading API v2. Amounts are strings of up to nine places there, and stay strings.
def some: if . == "" then null else . end;
def upper: if . == null then null else ascii_upcase end;
def order_class:
  {filled: "done", calculated: "done", partially_filled: "part", rejected: "rejected",
   canceled: "dead", expired: "dead", replaced: "dead"}[.] // "open";
def order($parent):
  {id, parentId: $parent, symbol: (.symbol | some), orderSide: (.side | some | upper),
   orderType: (.type | upper), productType: (.time_in_force | upper),
   quantity: .qty, notional, filledQuantity: .filled_qty,
   price: (.limit_price // .stop_price), averagePrice: .filled_avg_price,
   status, class: (.status | order_class),
   currency: "USD", multiplier: (if .asset_class == "us_option" then 100 else null end),
   createdAt: (.submitted_at // .created_at), executedAt: .filled_at, updatedAt: .updated_at,
   stock: {symbol: (.symbol | some), instrumentId: (.symbol | some), segment: (.asset_class | some)}};
def orders:
  map(. as $order | (order(null), ((.legs // [])[] | order($order.id))) + {raw: .});
def positions:
  map({id: .asset_id, symbol, quantity: .qty, averagePrice: .avg_entry_price,
       currentPrice: .current_price, currentValue: .market_value, investedValue: .cost_basis,
       unrealizedPnL: .unrealized_pl, dayPnL: .unrealized_intraday_pl,
       currency: "USD", multiplier: (if .asset_class == "us_option" then 100 else null end),
       stock: {symbol, instrumentId: .symbol, exchange, segment: .asset_class}, raw: .});
def account:
  {id: .account_number, clientId: .account_number, currency, balance: .equity, netLiq: .equity,
   availableMargin: .buying_power, usedMargin: .initial_margin, createdAt: .created_at, raw: .};
def watchlist:
  [{id, name, updatedAt: .updated_at, items: [.id as $list | .assets[] |
     {id: "\($list)/\(.id)", stock: {symbol, name, instrumentId: .symbol, exchange, segment: .class}, raw: .}]}];
def watchlist_id: .[].id;
# What to add to the address for older orders, when the answer is as long as limit= allows.
def next_page: if type == "array" and length == 100 then {before_order_id: .[-1].id} else empty end;
def quotes:
  {updates: [(.snapshots // .) | to_entries[] | select(.value.latestTrade) |
     {symbol: .key, ltp: .value.latestTrade.p, open: .value.dailyBar.o, high: .value.dailyBar.h,
      low: .value.dailyBar.l, close: .value.prevDailyBar.c, volume: .value.dailyBar.v}]};
def clock: {open: .is_open, next: (if .is_open then .next_close else .next_open end)};
# The first kind of event says what it means for the row, the second what to read again.
def event_name:
  {new: "order_placed", pending_new: "order_placed", accepted: "order_placed",
   fill: "order_executed", canceled: "order_cancelled", expired: "order_cancelled",
   rejected: "order_cancelled", replaced: "order_cancelled"}[.] // "order_updated";
def event:
  .data | . as $told | .order | objects | order(null) | ($told.event | event_name) as $name |
  {id: $told.event_id, event: $name, timestamp: $told.at,
   data: ({orderId: .id} + del(.id, .parentId, .stock) +
          if $name == "order_executed" then {price: .averagePrice} else {} end)},
  {id: $told.event_id, event: "changed",
   data: {reason: $told.event,
          panes: (if $told.position_qty then ["positions", "account"] else ["account"] end)}};
