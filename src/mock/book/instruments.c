#include "instruments.h"

#include <math.h>
#include <stdio.h>

struct share {
    const char *symbol, *name, *sector;
    int64_t token;
    double price;
};

static const struct share shares[] = {
    {"RELIANCE", "Reliance Industries Ltd", "Energy", 2885, 2945.6},
    {"TCS", "Tata Consultancy Services Ltd", "Information Technology", 11536, 4012.35},
    {"INFY", "Infosys Ltd", "Information Technology", 1594, 1618.2},
    {"HDFCBANK", "HDFC Bank Ltd", "Financial Services", 1333, 1687.45},
    {"ICICIBANK", "ICICI Bank Ltd", "Financial Services", 4963, 1224.9},
    {"SBIN", "State Bank of India", "Financial Services", 3045, 812.7},
    {"BHARTIARTL", "Bharti Airtel Ltd", "Telecommunication", 10604, 1590.15},
    {"ITC", "ITC Ltd", "Fast Moving Consumer Goods", 1660, 487.3},
    {"LT", "Larsen & Toubro Ltd", "Construction", 11483, 3612.8},
    {"HINDUNILVR", "Hindustan Unilever Ltd", "Fast Moving Consumer Goods", 1394, 2701.55},
    {"KOTAKBANK", "Kotak Mahindra Bank Ltd", "Financial Services", 1922, 1774.05},
    {"AXISBANK", "Axis Bank Ltd", "Financial Services", 5900, 1169.4},
    {"BAJFINANCE", "Bajaj Finance Ltd", "Financial Services", 317, 6920.25},
    {"ASIANPAINT", "Asian Paints Ltd", "Consumer Durables", 236, 2930.1},
    {"MARUTI", "Maruti Suzuki India Ltd", "Automobile", 10999, 11985.65},
    {"SUNPHARMA", "Sun Pharmaceutical Industries Ltd", "Healthcare", 3351, 1848.5},
    {"TITAN", "Titan Company Ltd", "Consumer Durables", 3506, 3290.75},
    {"ULTRACEMCO", "UltraTech Cement Ltd", "Construction Materials", 11532, 11102.3},
    {"NESTLEIND", "Nestle India Ltd", "Fast Moving Consumer Goods", 17963, 2278.85},
    {"WIPRO", "Wipro Ltd", "Information Technology", 3787, 561.95},
    {"HCLTECH", "HCL Technologies Ltd", "Information Technology", 7229, 1842.6},
    {"NTPC", "NTPC Ltd", "Power", 11630, 401.25},
    {"POWERGRID", "Power Grid Corporation of India Ltd", "Power", 14977, 321.4},
    {"ONGC", "Oil & Natural Gas Corporation Ltd", "Energy", 2475, 268.9},
    {"TATAMOTORS", "Tata Motors Ltd", "Automobile", 3456, 893.35},
    {"TATASTEEL", "Tata Steel Ltd", "Metals & Mining", 3499, 148.7},
    {"JSWSTEEL", "JSW Steel Ltd", "Metals & Mining", 11723, 965.2},
    {"COALINDIA", "Coal India Ltd", "Energy", 20374, 452.1},
    {"ADANIENT", "Adani Enterprises Ltd", "Metals & Mining", 25, 2841.5},
    {"ADANIPORTS", "Adani Ports and Special Economic Zone Ltd", "Services", 15083, 1366.8},
    {"BAJAJFINSV", "Bajaj Finserv Ltd", "Financial Services", 16675, 1741.95},
    {"BAJAJ-AUTO", "Bajaj Auto Ltd", "Automobile", 16669, 10012.4},
    {"HEROMOTOCO", "Hero MotoCorp Ltd", "Automobile", 1348, 4988.15},
    {"EICHERMOT", "Eicher Motors Ltd", "Automobile", 910, 4795.3},
    {"M&M", "Mahindra & Mahindra Ltd", "Automobile", 2031, 2874.6},
    {"TECHM", "Tech Mahindra Ltd", "Information Technology", 13538, 1688.25},
    {"GRASIM", "Grasim Industries Ltd", "Construction Materials", 1232, 2644.9},
    {"HINDALCO", "Hindalco Industries Ltd", "Metals & Mining", 1363, 701.55},
    {"DRREDDY", "Dr. Reddy's Laboratories Ltd", "Healthcare", 881, 1312.7},
    {"CIPLA", "Cipla Ltd", "Healthcare", 694, 1538.85},
    {"DIVISLAB", "Divi's Laboratories Ltd", "Healthcare", 10940, 5890.4},
    {"APOLLOHOSP", "Apollo Hospitals Enterprise Ltd", "Healthcare", 157, 7011.3},
    {"BRITANNIA", "Britannia Industries Ltd", "Fast Moving Consumer Goods", 547, 5702.95},
    {"TATACONSUM", "Tata Consumer Products Ltd", "Fast Moving Consumer Goods", 3432, 1104.2},
    {"BPCL", "Bharat Petroleum Corporation Ltd", "Energy", 526, 331.65},
    {"INDUSINDBK", "IndusInd Bank Ltd", "Financial Services", 5258, 1388.1},
    {"SBILIFE", "SBI Life Insurance Company Ltd", "Financial Services", 21808, 1702.45},
    {"HDFCLIFE", "HDFC Life Insurance Company Ltd", "Financial Services", 467, 718.9},
    {"LTIM", "LTIMindtree Ltd", "Information Technology", 17818, 6104.75},
    {"SHRIRAMFIN", "Shriram Finance Ltd", "Financial Services", 4306, 3288.35},
    {"IRCTC", "Indian Railway Catering and Tourism Corporation Ltd", "Services", 13611, 921.6},
    {"ZOMATO", "Zomato Ltd", "Consumer Services", 5097, 272.85},
    {"PIDILITIND", "Pidilite Industries Ltd", "Chemicals", 2664, 3177.4},
    {"DLF", "DLF Ltd", "Realty", 14732, 844.3},
    {"VEDL", "Vedanta Ltd", "Metals & Mining", 3063, 462.55},
    {"GODREJCP", "Godrej Consumer Products Ltd", "Fast Moving Consumer Goods", 10099, 1392.7},
    {"HAVELLS", "Havells India Ltd", "Consumer Durables", 9819, 1911.05},
    {"SIEMENS", "Siemens Ltd", "Capital Goods", 3150, 7122.9},
    {"BANKBARODA", "Bank of Baroda", "Financial Services", 4668, 247.35},
    {"PNB", "Punjab National Bank", "Financial Services", 10666, 108.45},
};
#define SHARES (sizeof shares / sizeof *shares)

static const struct index {
    const char *symbol, *name;
    double level, step, volatility;
    int64_t lot_size;
} indices[] = {
    {"NIFTY", "Nifty 50", 24480, 50, 0.012, 25},
    {"BANKNIFTY", "Nifty Bank", 51750, 100, 0.015, 15},
    {"FINNIFTY", "Nifty Financial Services", 23890, 50, 0.014, 25},
    {"MIDCPNIFTY", "Nifty Midcap Select", 12610, 25, 0.016, 50},
};
#define INDICES (sizeof indices / sizeof *indices)

static const struct expiry {
    const char *code, *date, *words;
    double weeks;
} expiries[] = {
    {"26D03", "2026-12-03", "03 DEC 2026", 1.5},
    {"26D31", "2026-12-31", "31 DEC 2026", 5.5},
    {"27128", "2027-01-28", "28 JAN 2027", 9.5},
};
#define EXPIRIES (sizeof expiries / sizeof *expiries)

static void share_at(size_t i, struct instrument *ret)
{
    const struct share *share = &shares[i];
    *ret = (struct instrument){
        .segment = "NSE", .sector = share->sector, .token = share->token, .price = share->price};
    snprintf(ret->symbol, sizeof ret->symbol, "%s", share->symbol);
    snprintf(ret->name, sizeof ret->name, "%s", share->name);
}

/* What an option costs, about: what it would give now, and a bell of hope around the index's level.
 */
static double option_price(const struct index *index, const struct expiry *expiry, double strike,
                           int put)
{
    double spread = index->level * index->volatility * sqrt(expiry->weeks);
    double distance = strike - index->level;
    double inner = put ? distance : -distance;
    double hope = 0.4 * spread * exp(-distance * distance / (2 * spread * spread));
    double price = (inner > 0 ? inner : 0) + hope;
    return price < 0.05 ? 0.05 : round(price * 20) / 20;
}

/*
 * Options in rings around the indices' levels: 0, +1, -1, +2, -2 … strikes away, calls and puts.
 * There is room for 11,000 before a strike reaches zero.
 */
static void option_at(size_t i, struct instrument *ret)
{
    const struct index *index = &indices[i % INDICES];
    const struct expiry *expiry = &expiries[i / INDICES / 2 % EXPIRIES];
    int put = (int)(i / INDICES % 2);
    size_t ring = i / INDICES / 2 / EXPIRIES;
    size_t half = ring / 2;
    double away = ring % 2 == 0 ? -(double)half : (double)(half + 1);
    double strike = (floor(index->level / index->step) + away) * index->step;
    *ret = (struct instrument){.segment = "NFO",
                               .option_type = put ? "PE" : "CE",
                               .expiry = expiry->date,
                               .token = 100000 + (int64_t)i,
                               .lot_size = index->lot_size,
                               .strike = strike,
                               .price = option_price(index, expiry, strike, put)};
    snprintf(ret->symbol, sizeof ret->symbol, "%s%s%c%.10g", index->symbol, expiry->code,
             put ? 'P' : 'C', strike);
    snprintf(ret->name, sizeof ret->name, "%s %s %.10g %s", index->name, expiry->words, strike,
             put ? "PUT" : "CALL");
}

void instrument_at(size_t i, struct instrument *ret)
{
    size_t mixed = SHARES + SHARES / 3;
    if (i >= mixed) {
        option_at(i - SHARES, ret);
    } else if (i % 4 == 3) {
        option_at(i / 4, ret);
    } else {
        share_at(i - i / 4, ret);
    }
}
