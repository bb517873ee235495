// Writes the JPEG files jpeg_*.jpg of Codecs/: samplings and scans that Pillow cannot write.
// cc jpeg_kinds.c -o jpeg_kinds -ljpeg -lm && (cd Codecs && ../jpeg_kinds)
#include <math.h>
#include <stdio.h>

#include <jpeglib.h>

enum { WIDTH = 75, HEIGHT = 53 };

typedef struct {
  const char *name;
  // Columns and rows of samples of each component.
  int across[3], down[3];
  int restart_interval;
  const jpeg_scan_info *scans;
  int scan_count;
} kind;

static const jpeg_scan_info separate[] = {
    {1, {0}, 0, 63, 0, 0}, {1, {1}, 0, 63, 0, 0}, {1, {2}, 0, 63, 0, 0}};
// The last bits of most coefficients never come.
static const jpeg_scan_info unfinished[] = {
    {3, {0, 1, 2}, 0, 0, 0, 1}, {1, {0}, 1, 5, 0, 2}, {1, {0}, 6, 63, 0, 2},
    {1, {1}, 1, 63, 0, 1},      {1, {2}, 1, 63, 0, 1}};

static const kind kinds[] = {
    {"jpeg_440.jpg", {1, 1, 1}, {2, 1, 1}, 0, NULL, 0},
    {"jpeg_411.jpg", {4, 1, 1}, {1, 1, 1}, 3, NULL, 0},
    {"jpeg_quarter.jpg", {2, 1, 1}, {4, 1, 1}, 0, NULL, 0},
    {"jpeg_third.jpg", {3, 1, 1}, {1, 1, 1}, 0, NULL, 0},
    {"jpeg_mixed.jpg", {2, 1, 2}, {2, 2, 1}, 0, NULL, 0},
    {"jpeg_separate.jpg", {2, 1, 1}, {2, 1, 1}, 0, separate, 3},
    {"jpeg_unfinished.jpg", {2, 1, 1}, {2, 1, 1}, 0, unfinished, 5},
};

static double sample(int x, int y, int channel) {
  return 128 + 70 * sin((x + 5 * channel) / (2.5 + channel) + y / 7.0) + 40 * cos(x * y / 90.0);
}

static void write_file(const kind *kind) {
  struct jpeg_compress_struct jpeg;
  struct jpeg_error_mgr errors;
  jpeg.err = jpeg_std_error(&errors);
  jpeg_create_compress(&jpeg);
  FILE *file = fopen(kind->name, "wb");
  jpeg_stdio_dest(&jpeg, file);
  jpeg.image_width = WIDTH;
  jpeg.image_height = HEIGHT;
  jpeg.input_components = 3;
  jpeg.in_color_space = JCS_RGB;
  jpeg_set_defaults(&jpeg);
  jpeg_set_quality(&jpeg, 85, TRUE);
  for (int i = 0; i < 3; i++) {
    jpeg.comp_info[i].h_samp_factor = kind->across[i];
    jpeg.comp_info[i].v_samp_factor = kind->down[i];
  }
  jpeg.restart_interval = kind->restart_interval;
  jpeg.scan_info = kind->scans;
  jpeg.num_scans = kind->scan_count;
  jpeg_start_compress(&jpeg, TRUE);
  for (int y = 0; y < HEIGHT; y++) {
    JSAMPLE line[WIDTH * 3];
    for (int i = 0; i < WIDTH * 3; i++) {
      double value = sample(i / 3, y, i % 3);
      line[i] = (JSAMPLE)(value < 0 ? 0 : value > 255 ? 255 : value);
    }
    JSAMPROW row = line;
    jpeg_write_scanlines(&jpeg, &row, 1);
  }
  jpeg_finish_compress(&jpeg);
  jpeg_destroy_compress(&jpeg);
  fclose(file);
}

int main(void) {
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) write_file(&kinds[i]);
  return 0;
}
