# OANDA v20. Units and prices are strings there, and stay strings; the sign of the units is the side.
def side: if . == null then null elif startswith("-") then "SELL" else "BUY" end;
def amount: if . == null then null else ltrimstr("-") end;
# The prices of EUR_USD are in USD; what a position gains is in the account's own currency, which its
# answer does not name: "account" says so.
def currency: if . == null then null else split("_")[-1] end;
# Times are RFC 3339, or seconds since 1970 as a string where a proxy drops our header.
def time:
  if . == null or contains("T") then .
  else split(".") | (.[0] | tonumber | todate | rtrimstr("Z")) + "." + (.[1] // "0") + "Z" end;
def order_class:
  {PENDING: "open", TRIGGERED: "open", FILLED: "done", CANCELLED: "dead"}[.];
def order:
  {id, symbol: .instrument, orderSide: (.units | side), orderType: (.type | rtrimstr("_ORDER")),
   productType: .timeInForce, quantity: (.units | amount), price, status: .state,
   class: (.state | order_class), currency: (.instrument | currency),
   createdAt: (.createTime | time), executedAt: (.filledTime | time),
   stock: {symbol: .instrument, instrumentId: .instrument}};
def orders: .orders | map(order + {raw: .});
def side_of_position($name):
  .[$name] as $side | select($side.units != null and ($side.units | tonumber) != 0) |
  {id: "\(.instrument)/\($name)", symbol: .instrument, quantity: $side.units,
   averagePrice: $side.averagePrice, unrealizedPnL: $side.unrealizedPL,
   currency: (.instrument | currency), valueCurrency: "account",
   stock: {symbol: .instrument, instrumentId: .instrument}, raw: .};
def positions: .positions | map(side_of_position("long"), side_of_position("short"));
def account:
  .account | {id, clientId: .id, currency, balance: .NAV, netLiq: .NAV, availableMargin: .marginAvailable,
              usedMargin: .marginUsed, createdAt: (.createdTime | time), raw: .};
def account_id: .accounts[].id;
def watchlist:
  map({id: .name, name, items: [.name as $list | .symbols[] |
       {id: "\($list)/\(.)", stock: {symbol: ., instrumentId: .}}]});
def quotes:
  {updates: (.prices | map({symbol: .instrument, instrumentId: .instrument, bid: .closeoutBid,
                            ask: .closeoutAsk}))};
# Ids of transactions are decimals; every answer names the last one that it holds.
def covers: .lastTransactionID;
def placed:
  {event: "order_placed", id, timestamp: (.time | time),
   data: (. + {state: "PENDING", createTime: .time} | order | {orderId: .id} + del(.id, .stock))};
def changed($panes): {event: "changed", id, data: {panes: $panes, reason: .type}};
def event:
  if .type == "HEARTBEAT" then {event: "heartbeat", id: .lastTransactionID}
  elif .type == "ORDER_FILL" then
    {event: "order_executed", id, timestamp: (.time | time),
     data: {orderId: .orderID, symbol: .instrument, orderSide: (.units | side), status: "FILLED",
            class: "done", price,
            averagePrice: .price, filledQuantity: (.units | amount), executedAt: (.time | time)}},
    changed(["orders", "positions", "account"])
  elif .type == "ORDER_CANCEL" then
    {event: "order_cancelled", id, timestamp: (.time | time),
     data: {orderId: .orderID, status: "CANCELLED", class: "dead",
            failureReason: (if .reason == "CLIENT_REQUEST" then null else .reason end)}},
    changed(["account"])
  elif .type | endswith("_ORDER") then placed
  elif .type | endswith("_REJECT") then changed(["orders"])
  elif .type | startswith("TRANSFER_FUNDS") then changed(["account"])
  elif .type == "DAILY_FINANCING" or (.type | startswith("MARGIN_CALL")) then
    changed(["positions", "account"])
  else changed(["orders", "positions", "account"]) end;
def refusal: if type == "object" then .errorMessage // .errorCode else . end;
